// axe-core on every page in every state, light and dark, desktop and phone; no sideways scrolling; the wizard by keyboard alone.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { desktop, narrowest, phone } from "../harness/browser-options.ts";
import { Gallery, exhibits } from "../harness/page-gallery.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import { organisationOf } from "../harness/wizard.ts";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

test.describe("axe-core finds nothing, and nothing scrolls sideways", () => {
  let gallery: Gallery;

  test.beforeAll(({ browser, inside }) => {
    gallery = new Gallery(browser, inside);
  });
  test.afterEach(() => gallery.leave());

  for (const exhibit of exhibits) {
    test(exhibit.name, async () => {
      test.setTimeout(150_000);
      const page = await exhibit.open(gallery);
      for (const viewport of [desktop, phone]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
          const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(" ")} ${node.any.map((check) => check.message).join("; ")}`).join(" | ")}`);
          expect.soft(found, `${exhibit.name}, ${viewport.width} px, ${colorScheme}`).toEqual([]);
        }
      }
      await page.setViewportSize(narrowest);
      const tooWide = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return [];
        // What sticks out, for whoever has to find it; boxes that scroll inside themselves do not count.
        const out = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > clientWidth + 1 && !element.closest(".scroll, pre"));
        return [`the page is ${scrollWidth} px wide`, ...out.slice(0, 6).map((element) => `${element.outerHTML.slice(0, 100)} … ends at ${Math.round(element.getBoundingClientRect().right)}`)];
      });
      expect.soft(tooWide, `${exhibit.name} at ${narrowest.width} px`).toEqual([]);
    });
  }
});

/** Presses Tab until the focus is where it should go; every stop on the way can be seen. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate((wanted) => {
      const element = document.activeElement;
      if (!element || element === document.body) return { there: false, seen: true, what: "body" };
      const style = getComputedStyle(element);
      return {
        there: element.matches(wanted),
        seen: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2,
        what: element.outerHTML.slice(0, 120),
      };
    }, selector);
    expect(focus.seen, `the focus on ${focus.what} can be seen`).toBe(true);
    if (focus.there) return;
  }
  throw new Error(`Tab never reaches ${selector}`);
}

test("a person goes through the wizard by keyboard alone", async ({ browserOf, shortName }) => {
  const tenant = organisationOf(shortName("keys"));
  const page = await browserOf("platform-ops");
  await page.goto("/tenants");
  await page.keyboard.press("Tab");
  await expect(page.locator(":focus"), "the skip link comes first").toHaveText("Skip to content");
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
  await tabTo(page, 'a[href="/tenants/new"]');
  await page.keyboard.press("Enter");
  await page.waitForURL("**/tenants/new");

  await tabTo(page, "#name");
  await page.keyboard.type(tenant.name);
  await tabTo(page, "#short_name");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("x");
  await page.keyboard.press("Enter");
  const summary = page.getByRole("alert");
  await expect(summary, "the summary has the focus").toBeFocused();
  await tabTo(page, '[role=alert] a[href="#short_name"]');
  await page.keyboard.press("Enter");
  await expect(page.locator("#short_name")).toBeFocused();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(tenant.shortName);
  await tabTo(page, "#contact_email");
  await page.keyboard.type(tenant.contact);
  await tabTo(page, "main button.primary");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Domain and limits" })).toBeVisible();
  await tabTo(page, "#cpu");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("5");
  await tabTo(page, "main button.primary");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /^Review/ })).toBeVisible();
  await tabTo(page, "main button.primary");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(runAddress);
  await expectDone(page);
});

test("light or dark is remembered, whatever the device says", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", { javaScriptEnabled: false, colorScheme: "light" });
  await page.goto("/account");
  await page.getByLabel("Dark").check();
  await page.getByRole("button", { name: "Apply appearance" }).click();
  await page.goto("/tenants");
  await expect(page.locator('meta[name="color-scheme"]')).toHaveAttribute("content", "dark");
});
