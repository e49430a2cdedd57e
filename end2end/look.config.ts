// `npm run look`: every page at 1280 and 390 pixels, light and dark, as pictures in results/look/.
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

// Without the tests' own projects: handing over the whole configuration would add them to ours.
const { projects: _, ...same } = tests;

export default defineConfig(same, {
  testDir: "look",
  outputDir: "results/look-artifacts",
  reporter: [["list"]],
  timeout: 300_000,
  projects: [{ name: "look" }],
});
