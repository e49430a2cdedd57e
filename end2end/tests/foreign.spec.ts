// Something of that name is there already, and Steward did not make it: it says so before anything is made, and leaves it alone.
import { createTenant, wishFor } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectNothing } from "../harness/tenant-inventory.ts";
import { Wizard, organisationOf } from "../harness/wizard.ts";
import * as keycloak from "../systems/keycloak.ts";
import * as kubernetes from "../systems/kubernetes.ts";

const cases = [
  {
    thing: "namespace",
    system: "Kubernetes",
    only: "kubernetes" as const,
    make: (shortName: string) => kubernetes.createNamespace(`tenant-${shortName}`),
    // Kubernetes itself still adds its default account's configuration: the picture is taken when it is at rest.
    picture: (shortName: string) => kubernetes.picture(`tenant-${shortName}`),
    row: (shortName: string) => `tenant-${shortName}`,
  },
  {
    thing: "realm",
    system: "Keycloak",
    only: "keycloak" as const,
    make: (shortName: string) =>
      keycloak.createRealm({ realm: shortName, displayName: "Somebody else's", enabled: true, users: [{ username: "owner", email: "owner@elsewhere.example", enabled: true }] }),
    picture: (shortName: string) => keycloak.picture(shortName),
    row: (shortName: string) => shortName,
  },
];

for (const { thing, system, only, make, picture, row } of cases) {
  test(`a foreign ${thing} of that name: the plan says so, Create is not possible, nothing is touched`, async ({ browserOf, shortName, inside }) => {
    const tenant = organisationOf(shortName(`for${thing.slice(0, 2)}`));
    await make(tenant.shortName);
    await expect.poll(async () => (await picture(tenant.shortName)) === (await picture(tenant.shortName))).toBe(true);
    const before = await picture(tenant.shortName);

    const page = await browserOf("platform-ops");
    const wizard = new Wizard(page);
    await wizard.toReview(tenant);
    await test.step("the plan says Foreign, left alone, and there is nothing to press", async () => {
      const plan = page.getByRole("table", { name: /What will be made/ });
      const foreign = plan.getByRole("row").filter({ hasText: "Foreign" });
      await expect(foreign.first()).toContainText(row(tenant.shortName));
      await expect(foreign.first()).toContainText(system);
      await expect(foreign.first()).toContainText(/left alone/i);
      await expect(wizard.create.and(page.locator(":not([aria-disabled=true]):not([disabled])"))).toHaveCount(0);
    });

    await test.step("whoever sends the form all the same, with this plan's own hash, is refused", async () => {
      const draft = new URL(page.url()).pathname.replace(/\/review$/, "");
      const post = (path: string, form: Record<string, string>) =>
        page.request.post(path, { form, headers: { origin: sharedUrl, "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
      // The page shows the beginning of the hash, and has no form to send it with. Whoever calls with a wrong one is told the right one.
      const shown = await page.locator("code.id").filter({ hasText: /^[0-9a-f]{12}$/ }).innerText();
      const wrong = await post("/api/create_tenant", { draft: draft.split("/")[2] ?? "", plan_hash: "0".repeat(64) });
      expect(wrong.status()).toBe(409);
      const { hash } = ((await wrong.json()) as { PlanChanged: { hash: string } }).PlanChanged;
      expect(hash).toMatch(new RegExp(`^${shown}[0-9a-f]{52}$`));

      const answer = await post(`${draft}/create`, { plan: hash });
      expect(answer.status()).toBe(409);
      const returned = await answer.text();
      expect(returned, "the plan is the same, so it was not refused for having changed").toContain(shown);
      expect(returned).toContain("This plan cannot run");
    });
    await test.step("so is the API", async () => {
      const answer = await createTenant(sharedUrl, wishFor(tenant.shortName));
      expect(answer.status).toBe(409);
      expect(((await answer.json()) as { code?: string; detail?: string }).detail ?? "").toContain(system === "Keycloak" ? "ealm" : "amespace");
    });

    expect(await picture(tenant.shortName), "byte for byte as before").toBe(before);
    await expectNothing(tenant.shortName, [only]);
    expect(await inside.run(tenant.shortName), "runs").toBeUndefined();
    expect((await inside.rows("select 1 from tenant where short_name = $1 and status <> 'draft'", [tenant.shortName])).length).toBe(0);
  });
}
