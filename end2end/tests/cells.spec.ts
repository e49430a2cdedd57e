// A tenant's region decides which Keycloak cluster has its realm.
import { get, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone } from "../harness/timeline.ts";
import { Wizard, organisationOf } from "../harness/wizard.ts";
import * as keycloak from "../systems/keycloak.ts";

test("a tenant in the European Union has its realm in the second cell, as the review said", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const tenant = organisationOf(shortName("cell"));
  const page = await browserOf("platform-ops");
  const wizard = new Wizard(page);

  await test.step("the review names the cell before anything is made", async () => {
    await page.goto("/tenants/new");
    await wizard.fillOrganisation(tenant);
    await wizard.continueToSettings();
    await page.getByLabel("Region").selectOption({ label: "European Union" });
    await wizard.continueToReview();
    const plan = page.getByRole("table", { name: /What will be made/ });
    await expect(plan.getByRole("row").filter({ hasText: "cell eu; 4 roles" })).toHaveCount(1);
    await expect(page.getByText(/The realm goes to the Keycloak cell eu: with it \d+ of 2,000 realms, \d+ %/)).toBeVisible();
    expect(await keycloak.realm(tenant.shortName, "eu"), "nothing is made yet").toBeUndefined();
  });

  await test.step("the realm is in that cluster, and not in the first", async () => {
    await wizard.send(/^Create /);
    await expectDone(page);
    expect(await keycloak.realm(tenant.shortName, "eu")).toMatchObject({ enabled: true, displayName: tenant.name });
    expect(await keycloak.realm(tenant.shortName, "main")).toBeUndefined();
  });

  await test.step("the tenant's page and the API say where it is", async () => {
    const id = await until("the tenant", async () => (await inside.rows<{ id: string }>(`select id from tenant where short_name = '${tenant.shortName}'`))[0]?.id);
    await page.goto(`/tenants/${id}`);
    await expect(page.getByRole("definition").filter({ hasText: /^eu$/ })).toBeVisible();
    await expect(page.locator(`a[href^="${process.env["KEYCLOAK_EU_URL"]}/admin/${tenant.shortName}/console"]`).first()).toBeVisible();
    const answer = (await (await get(sharedUrl, `/v2/tenants/${id}`)).json()) as { region: string; cell: string };
    expect(answer).toMatchObject({ region: "eu", cell: "eu" });
  });

  await test.step("the gauge counts it", async () => {
    await page.goto("/platform/cells");
    const row = page.getByRole("table", { name: /Marks stand at/ }).getByRole("row").filter({ has: page.getByRole("rowheader", { name: "eu" }) });
    await expect(row).toContainText("Open");
    await expect(row).toContainText("European Union");
    const placed = await inside.rows<{ count: string }>("select count(*) from tenant where cell = 'eu'");
    await expect(row).toContainText(`${Number(placed[0]?.count).toLocaleString("en-GB")} of 2,000`);
  });
});

test("who does not run the systems sees no gauge", async ({ browserOf }) => {
  const page = await browserOf("reseller");
  const answer = await page.goto("/platform/cells");
  expect(answer?.status()).toBe(403);
});
