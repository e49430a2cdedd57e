// The audit log: what was done, refused and tried, found by those who may read it.
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";

test("an onboarding leaves its entries: who, what, which object, what came of it", async ({ browserOf, shortName, inside }) => {
  const name = shortName("audit");
  const tenantId = await onboard(sharedUrl, name);
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  const counts = await inside.rows<{ action: string; count: number }>(
    "select action, count(*)::int from audit_intake where tenant_id = $1 group by action",
    [tenantId],
  );
  const of = new Map(counts.map((row) => [row.action, row.count]));
  expect(of.get("tenant.create"), "entries of the creation").toBe(1);
  expect(of.get("step.done"), "an entry for each step").toBe(19);
  expect(of.get("run.done")).toBe(1);
  expect(of.get("tenant.status"), "turned active").toBeGreaterThanOrEqual(1);

  const page = await browserOf("platform-ops", { javaScriptEnabled: false });
  await page.goto(`/audit?tenant=${tenantId}`);
  await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible();
  const rows = page.getByRole("table").locator("tbody tr");
  await expect(rows.filter({ hasText: "tenant.create" })).toHaveCount(1);
  await page.goto(`/audit?tenant=${tenantId}&action=tenant.create`);
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("Done");

  await test.step("one entry has a page of its own", async () => {
    await rows.first().getByRole("link").first().click();
    await expect(page).toHaveURL(/\/audit\/[0-9a-f-]{36}/);
    await expect(page.getByRole("main")).toContainText("tenant.create");
  });
  await test.step("nothing secret is in any of them", async () => {
    const bodies = await inside.rows<{ body: string }>("select convert_from(body, 'utf8') as body from audit_intake where tenant_id = $1", [tenantId]);
    for (const { body } of bodies) expect(body).not.toMatch(/eyJ[A-Za-z0-9_-]{20}|hvs\.|\bs\.[A-Za-z0-9]{24}|glsa_|"(password|secret|token)":/i);
  });
});

test("a filter is a chip that can be taken away, and the URL holds it", async ({ browserOf }) => {
  const page = await browserOf("sre", { javaScriptEnabled: false });
  await page.goto("/audit");
  const filters = page.getByRole("search", { name: /Filter/ });
  await filters.getByLabel("Action").selectOption("sign-in");
  await filters.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL((url) => url.searchParams.get("action") === "sign-in");
  await page.waitForLoadState("domcontentloaded");
  const rows = page.getByRole("table").locator("tbody tr");
  await expect(rows.first()).toBeVisible();
  for (const row of await rows.all()) await expect(row).toContainText("sign-in");
  await page.reload();
  await expect(filters.getByLabel("Action")).toHaveValue("sign-in");
  await page.getByRole("link", { name: /^Remove filter/ }).first().click();
  await expect(page).toHaveURL((url) => url.searchParams.get("action") === null);
});

test("a filter without a match says so", async ({ browserOf }) => {
  const page = await browserOf("platform-ops", { javaScriptEnabled: false });
  await page.goto("/audit?tenant=00000000-0000-4000-8000-000000000000");
  await expect(page.getByRole("heading", { name: /No entr/ })).toBeVisible();
});

test("whoever may not read it sees no way in, is refused, and that is an entry too", async ({ browserOf, inside }) => {
  const page = await browserOf("support", { javaScriptEnabled: false });
  await page.goto("/tenants");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" })).toHaveCount(0);
  const answer = await page.goto("/audit");
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("main").locator("p.code code")).toHaveText(/^[A-Z]{3,4}-\d{3}$/);
  expect(await inside.entriesOf(answer?.headers()["x-request-id"])).toEqual([{ action: "access.refuse", result: "refused", actor_name: expect.stringMatching(/Support/), code: "APP-403" }]);
});
