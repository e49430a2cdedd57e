// A DevOps person looks after a tenant's domain: sees what is served and until when, brings the customer's own domain along, renews.
// Without JavaScript: everything is a plain form.
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import { expectProblems } from "../harness/wizard.ts";
import * as openssl from "../systems/openssl.ts";
import * as powerdns from "../systems/powerdns.ts";
import type { Page } from "@playwright/test";

/** The value beside a word, in the section of a domain. */
const fact = (page: Page, host: string, word: string) =>
  page.locator("section.domain").filter({ has: page.getByRole("heading", { level: 2, name: host }) }).locator("dl.facts > div").filter({ has: page.locator("dt", { hasText: new RegExp(`^${word}$`) }) }).locator("dd");
const press = (page: Page, name: string) => page.getByRole("main").getByRole("button", { name, exact: true }).click();

async function carryOut(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: /^Review/ })).toBeVisible();
  await page.locator("form[action$='/start'] button").click();
  await expect(page).toHaveURL(runAddress);
  await expectDone(page);
}

test("a domain is looked at, a customer's own one is proved, served and taken away, and certificates are renewed", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(240_000);
  const name = shortName("domain");
  const id = await onboard(sharedUrl, name);
  await until("the tenant is active", async () => (await inside.run(name))?.state === "done");
  const page = await browserOf("devops", { javaScriptEnabled: false });
  const own = `${name}.${process.env["STEWARD_BASE_DOMAIN"]}`;
  const host = powerdns.domainOf(name);

  await test.step("serial and expiry are those that OpenSSL is shown", async () => {
    await page.goto(`/tenants/${id}`);
    await page.getByRole("navigation", { name: `Story ${name}` }).getByRole("link", { name: "Domain" }).click();
    await press(page, "Check now");
    await expect(page.getByText(/Looked just now\. .*TLS 1\.3, chain verified/)).toBeVisible();
    const shown = await openssl.served(own);
    console.log(`openssl s_client -servername ${own}: subject ${shown.subject}, issuer ${shown.issuer}, serial ${shown.serial}`);
    expect(shown.subject).toBe(own);
    await expect(fact(page, own, "Serial")).toHaveText(shown.serial);
    await expect(fact(page, own, "Served")).toHaveText(shown.serial);
    await expect(fact(page, own, "Issuer")).toHaveText(shown.issuer);
    await expect(fact(page, own, "Valid until")).toContainText("days left");
    await expect(fact(page, own, "Renews on")).toContainText("by itself");
  });

  await test.step("a domain that is none comes back at its field", async () => {
    await page.getByLabel("Domain", { exact: true }).fill(`crm.${own}`);
    await press(page, "Show the records to set");
    await expectProblems(page, [{ field: "custom_domain", words: /names below .* are given out by Steward/ }]);
    await expect(page.getByLabel("Domain", { exact: true })).toHaveValue(`crm.${own}`);
  });

  await test.step("the customer's own one shows its records, and is not found before they are set", async () => {
    await page.getByLabel("Domain", { exact: true }).fill(host);
    await press(page, "Show the records to set");
    await press(page, "Check");
    await expect(page.locator("#challenge")).toContainText(/There is no name _steward-challenge\..* yet \(NXDOMAIN\)/);
    await expect(page.locator("#challenge .status")).toHaveText("Not found yet");
    await expect(page.getByRole("button", { name: "Review the change" })).toHaveCount(0);
  });

  try {
    await test.step("set, checked, reviewed, run: OpenSSL is shown a certificate of that name", async () => {
      const rows = page.getByRole("table", { name: "Records to set" }).getByRole("row");
      const cell = (type: string, column: number) => rows.filter({ hasText: type }).getByRole("cell").nth(column).innerText();
      await powerdns.set(await cell("TXT", 0), "TXT", await cell("TXT", 1));
      await powerdns.set(await cell("CNAME", 0), "CNAME", await cell("CNAME", 1));
      await press(page, "Check");
      await expect(page.getByText(`${host} is verified.`)).toBeVisible();
      await press(page, "Review the change");
      const plan = page.getByRole("table", { name: /What will be made/ });
      await expect(plan.getByRole("row").filter({ hasText: "Create" })).toHaveCount(4);
      await carryOut(page);
      const shown = await openssl.served(host);
      console.log(`openssl s_client -servername ${host}: subject ${shown.subject}, issuer ${shown.issuer}, serial ${shown.serial}`);
      expect(shown.subject).toBe(host);
      await page.goto(`/tenants/${id}/domain`);
      await press(page, "Check now");
      await expect(fact(page, host, "Serial")).toHaveText(shown.serial);
      await expect(fact(page, host, "Record")).toContainText("CNAME to");
    });

    await test.step("renewed by a press: both have another serial number, and the old one is told", async () => {
      const [before, custom] = [await openssl.served(own), await openssl.served(host)];
      await press(page, "Renew now");
      await carryOut(page);
      const [after, customAfter] = [await openssl.served(own), await openssl.served(host)];
      expect(after.serial).not.toBe(before.serial);
      expect(customAfter.serial).not.toBe(custom.serial);
      await page.goto(`/tenants/${id}/domain`);
      await press(page, "Check now");
      await expect(fact(page, own, "Serial")).toHaveText(after.serial);
      await expect(fact(page, own, "Before it")).toContainText(before.serial);
    });

    await test.step("removed: the default one stays, the other is not served any more", async () => {
      await press(page, "Review removing");
      await carryOut(page);
      expect((await openssl.served(own)).subject).toBe(own);
      await expect(openssl.served(host)).rejects.toThrow();
      await page.goto(`/tenants/${id}/domain`);
      await expect(page.locator("section.domain")).toHaveCount(1);
    });
  } finally {
    await powerdns.remove(`_steward-challenge.${host}`, "TXT");
    await powerdns.remove(host, "CNAME");
  }

  await test.step("whoever may only look sees it, and no button", async () => {
    const support = await browserOf("support", { javaScriptEnabled: false });
    await support.goto(`/tenants/${id}/domain`);
    await expect(fact(support, own, "Serial")).toHaveText((await openssl.served(own)).serial);
    await expect(support.getByRole("main").getByRole("button")).toHaveCount(0);
  });
});
