// The platform's people, signing in as they would: password, then one-time code, on Keycloak's own pages.
import { type Page, expect } from "@playwright/test";
import { join } from "node:path";
import { oneTimeCode } from "../systems/stack.ts";
import { results, variable } from "./environment.ts";

export type Role = "platform-ops" | "devops" | "sre" | "compliance-officer" | "ciso" | "support" | "reseller";

/** Whom the tests sign in beforehand. */
export const rolesUsed: readonly Role[] = ["platform-ops", "support", "reseller", "sre", "devops"];

export function sessionFile(role: Role): string {
  return join(results, "sessions", `${role}.json`);
}

/** Fills in Keycloak's pages, from wherever the browser was sent to them. */
export async function answerKeycloak(page: Page, user: Role): Promise<void> {
  await page.locator("#username").fill(user);
  await page.locator("#password").fill(variable("STEWARD_STAFF_PASSWORD"));
  await page.locator("#kc-login").click();
  // The page of the second factor has a field of its own: whoever gets past without it was never asked.
  await page.locator("#otp").fill(await oneTimeCode(user));
  await page.locator("#kc-login").click();
}

/** Opens a page of Steward signed out, and signs in on the way. */
export async function signIn(page: Page, steward: string, user: Role, path = "/tenants"): Promise<void> {
  await page.goto(`${steward}${path}`);
  // Where a page of ours stands before Keycloak's, it has the one way in.
  const entry = page.locator('a[href^="/auth/sign-in"], form[action^="/auth/sign-in"] button').first();
  const password = page.locator("#password");
  await expect(entry.or(password).first()).toBeVisible();
  if (await entry.isVisible()) await entry.click();
  await answerKeycloak(page, user);
  await page.waitForURL((url) => url.origin === steward);
}
