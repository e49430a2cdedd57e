// Many tenants from one table: a verdict for each row, what is wrong is corrected, then every row gets a run and the whole is watched.
import { until } from "../harness/api.ts";
import { expect, test } from "../harness/story.ts";
import { messagesTo } from "../systems/mail.ts";
import type { Page } from "@playwright/test";

const row = (page: Page, line: number) => page.getByRole("row").filter({ has: page.getByRole("cell", { name: String(line), exact: true }) });
const press = (page: Page, name: string | RegExp) => page.getByRole("main").getByRole("button", { name }).click();
const check = async (page: Page, csv: string): Promise<void> => {
  await page.getByRole("textbox", { name: "The table, as CSV" }).fill(csv);
  await press(page, "Check every row");
};

for (const [role, javaScriptEnabled] of [
  ["platform-ops", true],
  ["reseller", false],
] as const) {
  test(`${role} brings many tenants in one table, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({ browserOf, shortName, inside }) => {
    test.setTimeout(300_000);
    const label = javaScriptEnabled ? "bulk" : "bulkno";
    const [good, other, third] = [shortName(`${label}a`), shortName(`${label}b`), shortName(`${label}c`)];
    const page = await browserOf(role, { javaScriptEnabled });
    await page.goto("/tenants");
    await page.getByRole("link", { name: "Many at once" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Many tenants at once" })).toBeVisible();

    await test.step("a table without a column that must be there comes back with what was typed", async () => {
      await check(page, `name,short_name\nAcme,${good}`);
      await expect(page).toHaveTitle(/^Error: /);
      await expect(page.getByRole("alert")).toContainText("contact_email is missing");
      await expect(page.getByRole("textbox", { name: "The table, as CSV" })).toHaveValue(`name,short_name\nAcme,${good}`);
    });

    const table = (rows: string[][]) => ["name,short_name,contact_email,cpu", ...rows.map((cells) => cells.join(","))].join("\n");
    await test.step("each row has its verdict: one passes, one is wrong, one asks for a name that is in the table already", async () => {
      const rows = [
        [`Story ${good}`, good, `admin@${good}.example.com`, "4"],
        [`Story ${other}`, other, "nobody", "none"],
        [`Story ${good} again`, good, `admin@${good}.example.com`, ""],
      ];
      await check(page, table(rows));
      await expect(page).toHaveURL(/\/tenants\/bulk\/[0-9a-f-]{36}$/);
      await expect(page.getByRole("heading", { level: 1, name: "3 tenants from a table" })).toBeVisible();
      await expect(page.locator("header.head .status")).toHaveText("Not every row passes, nothing is created");
      await expect(row(page, 2)).toContainText("Passes");
      await expect(row(page, 3)).toContainText("Does not pass");
      await expect(row(page, 3)).toContainText("contact_email: Enter a contact e-mail address");
      await expect(row(page, 3)).toContainText(/cpu: /);
      await expect(row(page, 4)).toContainText(/short_name: /);
      await expect(page.getByRole("button", { name: /^Create/ })).toHaveCount(0);
      expect(await inside.rows("select 1 from tenant where short_name = any($1)", [[good, other]])).toEqual([]);
    });

    await test.step("the corrected table passes, and nothing is created before it is agreed to", async () => {
      await page.getByRole("link", { name: "Another table" }).click();
      await check(page, table([good, other, third].map((name) => [`Story ${name}`, name, `admin@${name}.example.com`, ""])));
      await expect(page.locator("header.head .status")).toHaveText("Checked, nothing is created yet");
      expect(await inside.rows("select 1 from tenant where short_name = any($1)", [[good, other, third]])).toEqual([]);
    });

    await test.step("each gets a run, the progress of the whole is told, and all are done", async () => {
      await press(page, "Create 3 tenants");
      await expect(page).toHaveURL(/\/tenants\/bulk\/[0-9a-f-]{36}$/);
      await expect(page.locator("header.head .status")).toHaveText(/^(\d of 3 done|All 3 done)/);
      await expect(async () => {
        await page.getByRole("link", { name: "Look again" }).click();
        await expect(page.locator("header.head .status")).toHaveText("All 3 done", { timeout: 1000 });
      }).toPass({ timeout: 180_000, intervals: [1000] });
      for (const line of [2, 3, 4]) await expect(row(page, line)).toContainText(/run \d+ *Done/);
      await expect(page.getByRole("button", { name: /^(Create|Go on)/ })).toHaveCount(0);
      for (const name of [good, other, third]) {
        expect(await inside.rows("select r.kind from run r join tenant t on t.id = r.tenant_id where t.short_name = $1", [name])).toEqual([{ kind: "onboard" }]);
        await until("the contact is told", async () => (await messagesTo(`admin@${name}.example.com`)).some((mail) => mail.subject === `Story ${name} is ready`));
      }
    });

    await test.step("a row leads to its tenant", async () => {
      await row(page, 3).getByRole("link", { name: `Story ${other}` }).click();
      await expect(page.getByRole("heading", { level: 1, name: `Story ${other}` })).toBeVisible();
    });
  });
}
