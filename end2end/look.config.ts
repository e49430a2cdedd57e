// `npm run look`: every page at 1280 and 390 pixels, light and dark, as pictures in results/look/.
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

export default defineConfig(tests, {
  testDir: "look",
  outputDir: "results/look-artifacts",
  reporter: [["list"]],
  timeout: 300_000,
  projects: [{ name: "look" }],
});
