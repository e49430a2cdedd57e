// The list of tenants, without JavaScript: its URL is its state. At the end the first page of the wizard, with JavaScript.
import { seeded, seededName, seededOfMeridian, seededSuspended } from "../harness/seeded-tenants.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import type { Page } from "@playwright/test";

const rows = (page: Page) => page.getByRole("table").locator("tbody tr");
const names = (page: Page) => page.getByRole("table").locator("tbody th[scope=row] > :first-child");
/** The page whose URL has that value of that parameter, or none: after a press, which comes back before the next page is there. */
const expectParameter = (page: Page, name: string, value: string | null) => expect(page).toHaveURL((url) => url.searchParams.get(name) === value);
const withoutScript = { javaScriptEnabled: false };

test("search, status and chips: the URL holds the state, a reload shows the same", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", withoutScript);
  await page.goto("/tenants");
  const filters = page.getByRole("search", { name: "Filter tenants" });
  await filters.getByLabel("Name, domain, contact or id").fill("ledger house");
  await filters.getByLabel("Status").selectOption({ label: "Suspended" });
  await filters.getByRole("button", { name: "Filter" }).click();
  await expectParameter(page, "q", "ledger house");
  await expectParameter(page, "status", "suspended");
  await expect(rows(page)).toHaveCount(seededSuspended);
  await expect(rows(page)).toContainText(Array<string>(seededSuspended).fill("Suspended"));

  const before = await names(page).allInnerTexts();
  await page.reload();
  await expect(names(page)).toHaveText(before);
  await expect(filters.getByLabel("Name, domain, contact or id")).toHaveValue("ledger house");
  await expect(filters.getByLabel("Status")).toHaveValue("suspended");

  await page.getByRole("link", { name: /^Remove filter: Status/ }).click();
  await expectParameter(page, "status", null);
  await expectParameter(page, "q", "ledger house");
  // One more than there are suspended ones.
  await expect(rows(page).nth(seededSuspended)).toBeVisible();
  await page.getByRole("link", { name: /^Remove filter: / }).click();
  await expect(page).toHaveURL((url) => url.search === "");
});

test("a fragment of name, domain or contact finds it", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", withoutScript);
  for (const fragment of ["house 37", "LEDGER-HOUSE-37.ino", "owner-37@ledg"]) {
    await page.goto(`/tenants?q=${encodeURIComponent(fragment)}`);
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(seededName(37));
  }
});

test("pages go forward and back by their own links, and end", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", withoutScript);
  await page.goto("/tenants?q=ledger+house");
  const pages: string[][] = [];
  const all = Array.from({ length: seeded }, (_, place) => seededName(place + 1));
  for (;;) {
    // The page after the one before: it begins where that ended.
    await expect(names(page).first()).toHaveText(all[pages.flat().length] ?? "no more");
    await page.waitForLoadState("domcontentloaded");
    await expectParameter(page, "q", "ledger house");
    pages.push(await names(page).allInnerTexts());
    const next = page.getByRole("navigation", { name: "Pages" }).locator("a[rel=next]");
    if ((await next.count()) === 0) break;
    await next.click();
    expect(pages.length).toBeLessThan(10);
  }
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.flat(), "every tenant once, in order").toEqual(all);
  for (let place = pages.length - 2; place >= 0; place -= 1) {
    await page.getByRole("navigation", { name: "Pages" }).locator("a[rel=prev]").click();
    await expect(names(page)).toHaveText(pages[place] ?? []);
  }
  await expect(page.getByRole("navigation", { name: "Pages" }).locator("a[rel=prev]")).toHaveCount(0);
});

test("the order is chosen in the heads of the table", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", withoutScript);
  await page.goto("/tenants?q=ledger+house");
  await expect(page.getByRole("columnheader", { name: "Tenant" })).toHaveAttribute("aria-sort", "ascending");
  await page.getByRole("columnheader", { name: "Changed" }).getByRole("link").click();
  await expect(page.getByRole("columnheader", { name: "Changed" })).toHaveAttribute("aria-sort", "descending");
  // The seed changed number 1 last.
  for (const place of [1, 2, 3]) await expect(names(page).nth(place - 1)).toHaveText(seededName(place));
  await expectParameter(page, "q", "ledger house");
  await page.reload();
  await expect(names(page).first()).toHaveText(seededName(1));
});

test("a search without a match says why and how to go on", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", withoutScript);
  await page.goto("/tenants?q=nobody-is-called-this");
  await expect(page.getByRole("heading", { name: /No tenant matches/ })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(rows(page).first()).toBeVisible();
});

test("a reseller sees its own tenants only, by list, by search and by address", async ({ browserOf, inside }) => {
  const page = await browserOf("reseller", withoutScript);
  await page.goto("/tenants?q=ledger+house");
  await expect(rows(page)).toHaveCount(seededOfMeridian);
  await page.goto(`/tenants?q=${encodeURIComponent(seededName(40))}`);
  await expect(page.getByRole("heading", { name: /No tenant matches/ })).toBeVisible();
  const foreign = await inside.rows<{ id: string }>("select id from tenant where name = $1", [seededName(40)]);
  const answer = await page.goto(`/tenants/${foreign[0]?.id}`);
  expect(answer?.status(), "where existence is a secret, not found").toBe(404);
  const own = await inside.rows<{ id: string }>("select id from tenant where name = $1", [seededName(3)]);
  expect((await page.goto(`/tenants/${own[0]?.id}`))?.status()).toBe(200);
});

test("support has no button to onboard, and is refused with an entry when it tries all the same", async ({ browserOf, inside }) => {
  const page = await browserOf("support", withoutScript);
  await page.goto("/tenants");
  await expect(page.getByRole("link", { name: "Onboard a tenant" })).toHaveCount(0);
  const looked = await page.goto("/tenants/new");
  expect(looked?.status()).toBe(403);
  const answer = await page.request.post("/tenants/new", {
    form: { name: "By support", short_name: "by-support", contact_email: "a@b.example", reseller: "" },
    headers: { origin: sharedUrl, "sec-fetch-site": "same-origin" },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(403);
  expect(await answer.text(), "a page with a code").toContain("APP-403");
  for (const refused of [looked?.headers(), answer.headers()]) {
    expect(await inside.entriesOf(refused?.["x-request-id"])).toEqual([{ action: "access.refuse", result: "refused", actor_name: expect.stringMatching(/Support/), code: "APP-403" }]);
  }
  expect((await inside.rows("select 1 from tenant where name = 'By support'")).length).toBe(0);
});

test("the wizard's first page checks while one types: the short name follows the name, a message comes and goes, nothing is sent", async ({ browserOf }) => {
  const page = await browserOf("platform-ops");
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") posts.push(request.url());
  });
  await page.goto("/tenants/new");
  const name = page.getByRole("textbox", { name: "Name of the organisation" });
  const contact = page.getByRole("textbox", { name: "Contact e-mail address" });
  const message = page.getByText(/Enter a contact e-mail address like/);
  // Typed again until the island is awake: before that, nothing follows.
  await expect(async () => {
    await name.fill("");
    await name.pressSequentially("Hafen Werke");
    await expect(page.locator("#short_name")).toHaveValue("hafen-werke", { timeout: 500 });
  }).toPass();

  await contact.fill("admin@nowhere");
  await expect(message, "nobody is told while still typing").toHaveCount(0);
  await name.focus();
  await expect(message).toBeVisible();
  await expect(contact).toHaveAttribute("aria-invalid", "true");
  await contact.fill("admin@hafen-werke.example");
  await expect(message).toHaveCount(0);
  await expect(contact).not.toHaveAttribute("aria-invalid");
  expect(posts).toEqual([]);
});
