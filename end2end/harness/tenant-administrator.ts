// A tenant's first administrator: opens the invitation, does what Keycloak's pages ask for, and signs in to the tenant's realm.
import { type Page, expect } from "@playwright/test";
import { Authenticator } from "./authenticator.ts";
import { variable } from "./environment.ts";

export interface Enrolled {
  password: string;
  authenticator: Authenticator;
}

/** Presses what sends the page's form, and comes back when another page is there. */
async function send(page: Page, button: string): Promise<void> {
  await Promise.all([page.waitForEvent("framenavigated", (frame) => frame === page.mainFrame()), page.locator(button).click()]);
  await page.waitForLoadState("domcontentloaded");
}

/** From the link in the mail to the page that says that all is done: a password, an authenticator, and the name that nobody knew yet. */
export async function acceptInvitation(page: Page, link: string): Promise<Enrolled> {
  const password = "Orchards-bear-fruit-9";
  let chosen = false;
  let authenticator: Authenticator | undefined;
  await page.goto(link);
  await page.locator("a[href*='action-token'], a:has-text('proceed')").first().click();
  const newPassword = page.locator("#password-new");
  const firstCode = page.locator("#totp");
  const firstName = page.locator("#firstName");
  const end = page.getByText("Your account has been updated");
  for (let pages = 1; ; pages += 1) {
    await expect(newPassword.or(firstCode).or(firstName).or(end).first()).toBeVisible();
    if (await end.isVisible()) break;
    if (pages > 4) throw new Error(`Keycloak asks for ever: ${await page.title()}`);
    if (await newPassword.isVisible()) {
      await newPassword.fill(password);
      await page.locator("#password-confirm").fill(password);
      await send(page, "form [type=submit]");
      chosen = true;
    } else if (await firstName.isVisible()) {
      await firstName.fill("Amina");
      await page.locator("#lastName").fill("Berrada");
      await send(page, "form [type=submit]");
    } else {
      // For those who cannot scan.
      await send(page, "#mode-manual");
      authenticator = new Authenticator(await page.locator("#kc-totp-secret-key").innerText());
      await firstCode.fill(await authenticator.code());
      await page.locator("#userLabel").fill("Telephone");
      await send(page, "#saveTOTPBtn");
    }
  }
  expect(chosen, "a password was asked for").toBe(true);
  if (!authenticator) throw new Error("the invitation ended without a second factor");
  return { password, authenticator };
}

/** Opens the realm's account console in a browser that was never there, and answers with the password alone. */
export async function enterPassword(page: Page, realm: string, user: string, password: string): Promise<void> {
  await page.goto(`${variable("KEYCLOAK_URL")}/realms/${realm}/account/`);
  await page.locator("#username").fill(user);
  await page.locator("#password").fill(password);
  await send(page, "#kc-login");
}

export async function enterCode(page: Page, code: string): Promise<void> {
  await page.locator("#otp").fill(code);
  await send(page, "#kc-login");
}
