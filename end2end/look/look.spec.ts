// `npm run look`: pictures of every page, for people to look at.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { results } from "../harness/environment.ts";
import { Gallery, exhibits } from "../harness/page-gallery.ts";
import { test } from "../harness/story.ts";

const folder = join(results, "look");

test.describe("pictures", () => {
  let gallery: Gallery;

  test.beforeAll(({ browser, inside }) => {
    gallery = new Gallery(browser, inside);
    mkdirSync(folder, { recursive: true });
  });
  test.afterEach(() => gallery.leave());

  for (const exhibit of exhibits) {
    test(exhibit.name, async () => {
      const page = await exhibit.open(gallery);
      for (const width of [1280, 390]) {
        for (const colorScheme of ["light", "dark"] as const) {
          const path = join(folder, `${exhibit.name}-${width}-${colorScheme}.png`);
          rmSync(path, { force: true });
          await page.setViewportSize({ width, height: width === 1280 ? 900 : 844 });
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.evaluate(() => window.scrollTo(0, 0));
          await page.screenshot({ path, fullPage: true, animations: "disabled" });
        }
      }
    });
  }
});
