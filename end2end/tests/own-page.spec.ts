// What a tenant's people see first, and what its contact is told: its own page and its mails, in its branding.
import { onboard, until } from "../harness/api.ts";
import { phone } from "../harness/browser-options.ts";
import { results } from "../harness/environment.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import { type Message, messagesTo, refuse } from "../systems/mail.ts";
import type { Page } from "@playwright/test";
import { join } from "node:path";

const contact = (name: string) => `admin@${name}.example.com`;
const press = (page: Page, name: string | RegExp) => page.getByRole("main").getByRole("button", { name }).last().click();
const background = (page: Page, selector: string) => page.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor);
const ochre = "rgb(150, 113, 3)";

/** The mail whose subject ends so. */
async function mail(name: string, end: string): Promise<Message> {
  const found = async () => (await messagesTo(contact(name))).find((message) => message.subject.endsWith(end));
  return (await until(`a mail "… ${end}"`, found, 20_000)) as Message;
}

async function agree(page: Page, button: string | RegExp): Promise<void> {
  await press(page, button);
  await expect(page).toHaveURL(runAddress);
  await expectDone(page);
}

test("a tenant's branding is on its own page and in its next mail", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(240_000);
  const name = shortName("own");
  const stranger = await browserOf(undefined);
  await test.step("before it is ready, its name is as unknown as any", async () => {
    const answer = await stranger.goto(`/t/${name}`);
    expect(answer?.status()).toBe(404);
    await expect(stranger.getByText("APP-404").first()).toBeVisible();
  });
  const tenant = await onboard(sharedUrl, name);
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  const page = await browserOf("platform-ops");

  await test.step("its contact is told once that it is ready, with no secret in it", async () => {
    const ready = await mail(name, "is ready");
    expect(ready.subject).toBe(`Story ${name} is ready`);
    expect(ready.text).toContain(`${sharedUrl}/t/${name}`);
    expect(ready.text).toContain(`https://${name}.inosec.com`);
    expect(`${ready.text}${ready.html}`).not.toMatch(/action-token|password:|secret/i);
    expect(Object.fromEntries(ready.headers)["Auto-Submitted"]).toBe("auto-generated");
  });

  await test.step("the branding is changed", async () => {
    await page.goto(`/tenants/${tenant}/branding`);
    await page.getByRole("textbox", { name: "Primary colour", exact: true }).fill("#967103");
    await press(page, "Save branding");
    await expect(page).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
    await agree(page, "Apply branding");
  });

  await test.step("somebody who is not signed in sees it on the tenant's page, and gets to its realm from there", async () => {
    // The page may be kept for a minute: this browser has not seen it yet.
    await stranger.goto(`/t/${name}`);
    await expect(stranger.getByRole("heading", { level: 1, name: `Sign in to Story ${name}` })).toBeVisible();
    expect(await background(stranger, ".preview > header")).toBe(ochre);
    expect(await background(stranger, "a.pb")).toBe(ochre);
    expect(await stranger.evaluate(() => document.cookie)).toBe("");
    const light = await stranger.locator(".preview").evaluate((panel) => getComputedStyle(panel).backgroundColor);
    expect(light).toBe("rgb(255, 255, 255)");
    await stranger.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => background(stranger, ".preview")).toBe("rgb(18, 24, 28)");
    expect(await background(stranger, ".preview > header")).not.toBe(ochre);
    await stranger.emulateMedia({ colorScheme: "light" });
    await stranger.setViewportSize(phone);
    expect(await stranger.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await stranger.getByRole("link", { name: "Continue to sign-in" }).click();
    await expect(stranger).toHaveURL(new RegExp(`/realms/${name}/`));
    await expect(stranger.locator("#username")).toBeVisible();
  });

  await test.step("suspended: the mail has the colour and not the reason, the page says so", async () => {
    await page.goto(`/tenants/${tenant}/suspension`);
    await page.getByLabel(/^Reason/).fill("Invoices unpaid since March");
    await press(page, "Review suspending");
    await agree(page, /^Suspend/);
    const suspended = await mail(name, "is suspended");
    expect(suspended.html).toContain("background:#967103");
    expect(`${suspended.text}${suspended.html}`).not.toContain("Invoices");

    const reader = await browserOf(undefined);
    await reader.setContent(suspended.html);
    expect(await background(reader, ".m-head")).toBe(ochre);
    await reader.screenshot({ path: join(results, "look", "mail-suspended-light.png"), fullPage: true });
    await reader.emulateMedia({ colorScheme: "dark" });
    expect(await background(reader, ".m-panel")).toBe("rgb(18, 24, 28)");
    await reader.screenshot({ path: join(results, "look", "mail-suspended-dark.png"), fullPage: true });
    await reader.emulateMedia({ colorScheme: "light" });
    await reader.setViewportSize(phone);
    expect(await reader.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await reader.screenshot({ path: join(results, "look", "mail-suspended-phone.png"), fullPage: true });

    await reader.goto(`${sharedUrl}/t/${name}`);
    await expect(reader.getByRole("heading", { level: 1, name: `Story ${name} is suspended` })).toBeVisible();
    await expect(reader.getByRole("link", { name: "Write to Support" })).toHaveAttribute("href", /^mailto:/);
  });
});

test("a mail that the mail server refuses for good is shown, and sent again by a press", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(120_000);
  const name = shortName("refused");
  const tenant = await onboard(sharedUrl, name);
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  await mail(name, "is ready");
  await refuse(contact(name), 550, 1);
  const page = await browserOf("platform-ops");
  await page.goto(`/tenants/${tenant}/suspension`);
  await press(page, "Review suspending");
  await agree(page, /^Suspend/);
  await expect(async () => {
    await page.goto(`/tenants/${tenant}`);
    await expect(page.getByRole("link", { name: "1 mail given up" })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await page.getByRole("link", { name: "1 mail given up" }).click();
  const row = page.getByRole("row", { name: /Suspended/ });
  await expect(row).toContainText("The mail server refuses the mail for good: 550 told to fail");
  await expect(row).toContainText("MAIL-550");
  await press(page, /^Send again/);
  await expect(page.locator(".flash")).toHaveText("It is being sent again.");
  await mail(name, "is suspended");
  await expect(async () => {
    await page.goto(`/tenants/${tenant}/mails`);
    await expect(row).toContainText("Sent", { timeout: 500 });
  }).toPass({ timeout: 10_000 });
});
