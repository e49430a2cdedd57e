// How Chromium is started and how people look at pages, the same for tests and for `npm run look`.
import { chromium } from "./environment.ts";

export const launchOptions = {
  executablePath: chromium,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };
/** WCAG 2.2, 1.4.10: nothing scrolls sideways at this width. */
export const narrowest = { width: 320, height: 640 };
