// The page of a run, as a person reads it.
import { type Locator, type Page, expect } from "@playwright/test";

/** The address of a run's page. Without JavaScript the page loads itself again under an address that says so. */
export const runAddress = /\/tenants\/[0-9a-f-]{36}\/runs\/\d+(\?refresh=1)?$/;

export function step(page: Page, title: RegExp): Locator {
  return page.locator("ol.steps > li").filter({ has: page.getByRole("heading", { name: title }) });
}

/** The facts below a step in trouble: "Cause", "Whose job", "What helps", "Code". */
export function fact(of: Locator, term: string): Locator {
  return of.locator("dl.facts > div").filter({ has: of.page().locator("dt", { hasText: term }) }).locator("dd");
}

/** Waits until the page says that the run is done. It never reloads: whoever watches sees it come. */
export async function expectDone(page: Page, milliseconds = 60_000): Promise<void> {
  await expect(page.locator("header.head .status")).toHaveText("Done", { timeout: milliseconds });
  await expect(page.getByRole("heading", { name: /^(\d+) of \1 steps done$/ })).toBeVisible();
}
