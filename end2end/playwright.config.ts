import { defineConfig } from "@playwright/test";
import { desktop, launchOptions } from "./harness/browser-options.ts";

export default defineConfig({
  testDir: "tests",
  // Each pass its own: Playwright empties it when it begins.
  outputDir: process.env["STEWARD_END2END_ARTIFACTS"] ?? "results/artifacts",
  globalSetup: "./harness/begin.ts",
  globalTeardown: "./harness/end.ts",
  // A test that passes at the second try is a test that fails.
  retries: 0,
  forbidOnly: true,
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // Set by run-tests.mjs: one report per pass, added up there.
  reporter: [["list"], ["json", { outputFile: process.env["STEWARD_END2END_REPORT"] ?? "results/report.json" }]],
  use: {
    browserName: "chromium",
    headless: true,
    launchOptions,
    viewport: desktop,
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    screenshot: "only-on-failure",
    trace: "off",
  },
  projects: [
    // Two at a time: they share one server and leave the services as they are.
    { name: "together", testIgnore: ["faults.spec.ts", "platform.spec.ts", "accessibility.spec.ts"] },
    // One at a time: they stop services, pause destructive work, and tell the stand-in to fail.
    { name: "alone", testMatch: ["faults.spec.ts", "platform.spec.ts", "accessibility.spec.ts"] },
  ],
});
