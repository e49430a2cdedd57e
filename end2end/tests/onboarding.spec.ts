// A platform operator brings a tenant onto the platform, from the sign-in to the invitation in the administrator's mailbox.
import { contactOf, createTenant, until, wishFor } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { signIn } from "../harness/staff.ts";
import { expect, test } from "../harness/story.ts";
import { acceptInvitation, enterCode, enterPassword } from "../harness/tenant-administrator.ts";
import { expectEverything } from "../harness/tenant-inventory.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import { Wizard, expectProblems, organisationOf } from "../harness/wizard.ts";

for (const javaScriptEnabled of [true, false]) {
  test(`an operator onboards a tenant ${javaScriptEnabled ? "with" : "without"} JavaScript, and finds it in every system`, async ({ browserOf, shortName, inside }) => {
    test.setTimeout(240_000);
    const tenant = organisationOf(shortName(javaScriptEnabled ? "js" : "nojs"));
    const page = await browserOf(undefined, { javaScriptEnabled });
    const wizard = new Wizard(page);

    await test.step("signs in with the second factor", async () => {
      await signIn(page, sharedUrl, "platform-ops");
      await expect(page.getByRole("heading", { level: 1, name: "Tenants" })).toBeVisible();
    });

    await test.step("types wrong things and is told at the fields", async () => {
      await wizard.begin();
      await wizard.fillOrganisation({ name: tenant.name, shortName: "no good", contact: "admin@nowhere" });
      const answer = await wizard.send("Continue to domain and limits");
      expect(answer.status()).toBe(422);
      expect(new URL(page.url()).search, "nothing of what was typed is in the URL").toBe("");
      await expect(page.getByRole("textbox", { name: "Name of the organisation" })).toHaveValue(tenant.name);
      await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue("no good");
      await expect(page.getByRole("textbox", { name: "Contact e-mail address" })).toHaveValue("admin@nowhere");
      await expectProblems(page, [
        { field: "short_name", words: /only small letters/ },
        { field: "contact_email", words: /Enter a contact e-mail address like/ },
      ]);
    });

    await test.step("leaves the draft, and goes on with it later", async () => {
      await wizard.fillOrganisation(tenant);
      await wizard.send("Save draft and leave");
      await page.goto(`/tenants?status=draft&q=${encodeURIComponent(tenant.name)}`);
      await page.getByRole("table").getByRole("link", { name: tenant.name }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Organisation" })).toBeVisible();
      await expect(page.getByRole("textbox", { name: "Name of the organisation" })).toHaveValue(tenant.name);
      await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue(tenant.shortName);
      await expect(page.getByRole("textbox", { name: "Contact e-mail address" })).toHaveValue(tenant.contact);
      await wizard.continueToSettings();
    });

    await test.step("sets limits; a GPU without AI is refused at its field", async () => {
      await expect(page.getByRole("textbox", { name: /^CPU/ })).toHaveValue("4");
      await expect(page.getByRole("textbox", { name: /^Memory/ })).toHaveValue("8");
      await expect(page.getByRole("textbox", { name: /^Storage/ })).toHaveValue("200");
      await page.getByRole("textbox", { name: /^CPU/ }).fill("6");
      await page.getByRole("textbox", { name: /^Memory/ }).fill("12");
      await page.getByRole("textbox", { name: /^Storage/ }).fill("150");
      await page.getByRole("textbox", { name: /^GPU/ }).fill("1");
      const answer = await wizard.send(/^Continue to review/);
      expect(answer.status()).toBe(422);
      expect(new URL(page.url()).search).toBe("");
      await expect(page.getByRole("textbox", { name: /^CPU/ })).toHaveValue("6");
      await expectProblems(page, [{ field: "gpu", words: /Turn on AI and automation/ }]);
      await page.getByRole("textbox", { name: /^GPU/ }).fill("0");
      await wizard.continueToReview();
    });

    await test.step("reads the plan", async () => {
      const plan = page.getByRole("table", { name: /What will be made/ });
      await expect(plan.getByRole("row").filter({ hasText: "Create" })).toHaveCount(19);
      for (const name of [`tenant-${tenant.shortName}`, `secret/data/tenants/${tenant.shortName}`, `tenant_${tenant.shortName}_policy`]) {
        await expect(plan).toContainText(name);
      }
      await expect(plan).toContainText("6 cores, 12 GiB memory, 150 GiB storage, no GPU");
      await expect(page.getByRole("main")).toContainText(tenant.contact);
      await expect(page.getByRole("main")).toContainText("There is room for 6 cores, 12 GiB memory, 150 GiB storage, no GPU");
    });

    await test.step("presses Create and watches it turn active", async () => {
      await expect(wizard.create).toHaveText(`Create ${tenant.name}`);
      await wizard.send(/^Create /);
      await expect(page).toHaveURL(runAddress);
      if (javaScriptEnabled) {
        // A reload would forget this.
        await page.evaluate(() => Object.assign(window, { watchedSinceCreate: true }));
      }
      await expectDone(page);
      if (javaScriptEnabled) {
        expect(await page.evaluate(() => "watchedSinceCreate" in window), "live, without any reload").toBe(true);
      }
      await page.getByRole("link", { name: `Open ${tenant.name}` }).click();
      await expect(page.getByRole("heading", { level: 1, name: tenant.name })).toBeVisible();
      await expect(page.locator("header.head .status")).toHaveText("Active");
    });

    await test.step("every link into a system leads somewhere", async () => {
      const links = await page.locator("main a[href^='http']").evaluateAll((found) => [...new Set(found.map((each) => (each as HTMLAnchorElement).href))]);
      expect(links.length, links.join(" ")).toBeGreaterThanOrEqual(10);
      for (const link of links) {
        const answer = await page.request.get(link);
        expect(answer.status(), link).toBe(200);
      }
    });

    const tenantId = new URL(page.url()).pathname.split("/")[2] ?? "";
    const link = await test.step("finds every object in each system", () =>
      expectEverything({ ...tenant, tenantId, cpu: 6, memoryGib: 12, storageGib: 150, gpu: 0 }),
    );

    // Once is enough: Keycloak's pages are the same whichever way the tenant came to be.
    if (javaScriptEnabled) {
      const enrolled = await test.step("the invitation leads to a password and a second factor", async () =>
        acceptInvitation(await browserOf(undefined), link),
      );
      await test.step("in the tenant's realm the password alone lets nobody in, nor does a wrong code", async () => {
        const account = await browserOf(undefined);
        await enterPassword(account, tenant.shortName, tenant.contact, enrolled.password);
        await expect(account.locator("#otp"), "the one-time code is asked for").toBeVisible();
        await enterCode(account, enrolled.authenticator.wrongCode());
        await expect(account.getByText("Invalid authenticator code").first()).toBeVisible();
        await enterCode(account, await enrolled.authenticator.code());
        await expect(account).toHaveURL(new RegExp(`/realms/${tenant.shortName}/account/`));
        await expect(account.locator("#email, [name=email]").first()).toHaveValue(tenant.contact);
      });
    }

    expect((await inside.rows("select 1 from run where tenant_id = $1", [tenantId])).length, "runs").toBe(1);
  });
}

test("pressing Create twice, in two tabs at once, makes one tenant and one run", async ({ browserOf, shortName, inside }) => {
  const tenant = organisationOf(shortName("twice"));
  const page = await browserOf("platform-ops");
  const wizard = new Wizard(page);
  await wizard.toReview(tenant);
  const second = await page.context().newPage();
  await second.goto(page.url());
  const other = new Wizard(second);
  await expect(other.create).toBeVisible();
  await Promise.all([wizard.create.dblclick(), other.create.dblclick()]);
  await expect(page).toHaveURL(runAddress);
  await expect(second).toHaveURL(runAddress);
  expect(new URL(page.url()).pathname, "both tabs show the same run").toBe(new URL(second.url()).pathname);
  await expectDone(page);
  const made = await inside.rows("select run.id from run join tenant on tenant.id = tenant_id where name = $1", [tenant.name]);
  expect(made.length).toBe(1);
});

test("two people draft the same short name: the one who is second is told at the field", async ({ browserOf, shortName, inside }) => {
  const taken = shortName("taken");
  const first = new Wizard(await browserOf("platform-ops"));
  const second = new Wizard(await browserOf("platform-ops", { javaScriptEnabled: false }));
  await first.toReview(organisationOf(taken));
  await second.toReview({ ...organisationOf(taken), name: "Story of the second" });
  await first.send(/^Create /);
  await expect(first.page).toHaveURL(runAddress);

  const answer = await second.send(/^Create /);
  expect(answer.status()).toBe(422);
  await expect(second.page.getByRole("alert").getByRole("link", { name: /taken/ })).toHaveAttribute("href", /short_name$/);

  await test.step("and whoever starts now is told on the first page", async () => {
    const third = new Wizard(await browserOf("platform-ops"));
    await third.page.goto("/tenants/new");
    await third.fillOrganisation({ ...organisationOf(taken), name: "Story of the third" });
    const refused = await third.send("Continue to domain and limits");
    expect(refused.status()).toBe(422);
    await expectProblems(third.page, [{ field: "short_name", words: new RegExp(`${taken} is taken`) }]);
  });

  await expectDone(first.page);
  expect((await inside.rows("select 1 from tenant where short_name = $1 and status <> 'draft'", [taken])).length).toBe(1);
});

test("the API answers 201 with the place to look, and the same answer to the same request again", async ({ shortName, inside }) => {
  const name = shortName("api");
  const key = { "idempotency-key": `key-${name}` };
  const first = await createTenant(sharedUrl, wishFor(name), key);
  expect(first.status).toBe(201);
  const created = (await first.json()) as { tenant_id: string; status: string };
  expect(created.status).toBe("provisioning");
  expect(first.headers.get("location")).toContain(`/v2/tenants/${created.tenant_id}`);

  const again = await createTenant(sharedUrl, wishFor(name), key);
  expect(again.status).toBe(201);
  expect(await again.json()).toEqual(created);

  const other = await createTenant(sharedUrl, { ...wishFor(name), name: "Another name" }, key);
  expect(other.status).toBe(409);
  expect(other.headers.get("content-type")).toContain("application/problem+json");

  const wrong = await createTenant(sharedUrl, { ...wishFor(name), contact_email: "nobody" });
  expect([400, 422]).toContain(wrong.status);
  expect(wrong.headers.get("content-type")).toContain("application/problem+json");

  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  await expectEverything({ shortName: name, tenantId: created.tenant_id, name: wishFor(name).name, contact: contactOf(name), cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 });
});
