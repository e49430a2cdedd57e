// A tenant changes: its limits, its settings, whether its people may come in. Each is proposed, reviewed as a plan, and runs.
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectInvitation, expectNothing } from "../harness/tenant-inventory.ts";
import { acceptInvitation, enterCode, enterPassword } from "../harness/tenant-administrator.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import * as kubernetes from "../systems/kubernetes.ts";


async function active(inside: { run: (name: string) => Promise<{ state: string } | undefined> }, shortName: string): Promise<string> {
  const id = await onboard(sharedUrl, shortName);
  await until("the tenant is active", async () => (await inside.run(shortName))?.state === "done");
  return id;
}

for (const javaScriptEnabled of [true, false]) {
  test(`DevOps changes limits ${javaScriptEnabled ? "with" : "without"} JavaScript and finds them in the cluster`, async ({ browserOf, shortName, inside }) => {
    test.setTimeout(120_000);
    const name = shortName(javaScriptEnabled ? "lim" : "limno");
    const id = await active(inside, name);
    const page = await browserOf("platform-ops", { javaScriptEnabled });
    await page.goto(`/tenants/${id}`);
    await page.getByRole("navigation", { name: `Story ${name}` }).getByRole("link", { name: "Limits" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Limits" })).toBeVisible();
    await expect(page.getByRole("row", { name: /CPU/ })).toContainText("Kubernetes, quota");

    await test.step("a figure that is none is refused at its field, and nothing typed is lost", async () => {
      await page.getByRole("textbox", { name: "CPU" }).fill("many");
      await page.getByRole("textbox", { name: "Memory" }).fill("16");
      const [answer] = await Promise.all([page.waitForResponse((got) => got.request().method() === "POST"), page.getByRole("button", { name: "Review the change" }).click()]);
      expect(answer.status()).toBe(422);
      expect(new URL(page.url()).search).toBe("");
      await expect(page.getByRole("alert").getByRole("link", { name: /CPU as a whole number/ })).toHaveAttribute("href", "#cpu");
      await expect(page.getByRole("textbox", { name: "Memory" })).toHaveValue("16");
    });

    await test.step("the review says what changes from where to where, and nothing changed yet", async () => {
      await page.getByRole("textbox", { name: "CPU" }).fill("6");
      await page.getByRole("button", { name: "Review the change" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Review: Change limits: Story ${name}`);
      await expect(page.getByRole("table", { name: "Fields that changed" })).toContainText("4 cores");
      const plan = page.getByRole("table", { name: /What will be made/ });
      await expect(plan.getByRole("row").filter({ hasText: "Change" }).filter({ hasText: "Resource quota" })).toContainText("spec.hard.requests.cpu 4");
      expect((await kubernetes.quotas(`tenant-${name}`))[0]?.spec).toMatchObject({ hard: { "requests.cpu": "4" } });
    });

    await test.step("it runs, and the quota in the cluster is another one", async () => {
      await page.getByRole("button", { name: "Apply limits" }).click();
      await expect(page).toHaveURL(runAddress);
      await expectDone(page);
      expect((await kubernetes.quotas(`tenant-${name}`))[0]?.spec).toMatchObject({ hard: { "requests.cpu": "6", "requests.memory": "16Gi" } });
    });
  });
}

test("two people change the same limit: the later one sees both versions and nothing is overwritten", async ({ browserOf, shortName, inside }) => {
  const name = shortName("both");
  const id = await active(inside, name);
  const [first, second] = [await browserOf("platform-ops"), await browserOf("platform-ops")];
  for (const page of [first, second]) await page.goto(`/tenants/${id}/limits`);
  await first.getByRole("textbox", { name: "CPU" }).fill("6");
  await first.getByRole("button", { name: "Review the change" }).click();
  await first.getByRole("button", { name: "Apply limits" }).click();
  await expectDone(first);

  await second.getByRole("textbox", { name: "CPU" }).fill("8");
  await second.getByRole("button", { name: "Review the change" }).click();
  const both = second.getByRole("table", { name: "Settings that two people changed" });
  await expect(both.getByRole("row", { name: /CPU/ })).toContainText("4 cores");
  await expect(both.getByRole("row", { name: /CPU/ })).toContainText("6 cores");
  await expect(both.getByRole("row", { name: /CPU/ })).toContainText("8 cores");
  await expect(second.getByRole("button", { name: /^Apply/ })).toHaveCount(0);
  await second.getByRole("button", { name: "Keep theirs" }).click();
  await expect(second.locator(".flash")).toContainText("Nothing was changed");
  expect((await kubernetes.quotas(`tenant-${name}`))[0]?.spec).toMatchObject({ hard: { "requests.cpu": "6" } });
});

test("a suspended tenant's administrator is refused, and comes in again once it is resumed", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const name = shortName("susp");
  const contact = `admin@${name}.example.com`;
  const id = await active(inside, name);
  const enrolled = await acceptInvitation(await browserOf(undefined), await expectInvitation({ shortName: name, tenantId: id, name: `Story ${name}`, contact, cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 }));
  const comesIn = async () => {
    const account = await browserOf(undefined);
    await enterPassword(account, name, contact, enrolled.password);
    await enterCode(account, await enrolled.authenticator.code());
    await expect(account).toHaveURL(new RegExp(`/realms/${name}/account/`));
    return account;
  };
  const account = await comesIn();

  const page = await browserOf("platform-ops");
  await page.goto(`/tenants/${id}`);
  await page.getByRole("link", { name: "Suspend" }).click();
  await page.getByRole("textbox", { name: /Reason/ }).fill("unpaid since March");
  await page.getByRole("button", { name: "Review suspending" }).click();
  await expect(page.getByRole("main")).toContainText("unpaid since March");
  await expect(page.getByRole("main")).toContainText("nobody can sign in");
  await page.getByRole("button", { name: `Suspend Story ${name}` }).click();
  await expectDone(page);
  await page.getByRole("link", { name: `Open Story ${name}` }).click();
  await expect(page.locator("header.head .status")).toHaveText("Suspended");

  await test.step("whoever was signed in is out, and nobody comes in", async () => {
    await account.reload();
    await expect(account.locator("#username, #email"), "neither the account nor a form to sign in").toHaveCount(0);
    const stranger = await browserOf(undefined);
    await stranger.goto(`${process.env["KEYCLOAK_URL"]}/realms/${name}/account/`);
    await expect(stranger.locator("#password")).toHaveCount(0);
  });

  await page.getByRole("link", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Review resuming" }).click();
  await page.getByRole("button", { name: /^Resume/ }).click();
  await expectDone(page);

  await test.step("whoever was signed in before is asked to sign in anew", async () => {
    await account.goto(`${process.env["KEYCLOAK_URL"]}/realms/${name}/account/`);
    await expect(account.locator("#username, #email")).toBeVisible();
    await account.reload();
    await expect(account.locator("#username, #email")).toBeVisible();
  });
  await comesIn();
});

test("a creation that is cancelled is rolled back without a trace, and what was typed is still there", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const name = shortName("back");
  const id = await onboard(sharedUrl, name);
  const page = await browserOf("platform-ops");
  const number = await until("the run has a number", async () => (await inside.rows("select number from run where tenant_id = $1", [id]))[0]?.["number"] as string | undefined);
  await page.goto(`/tenants/${id}/runs/${number}`);
  const cancel = page.getByRole("button", { name: "Cancel the run" });
  // Whoever is too late rolls nothing back: the run of a tenant that is made takes some seconds.
  await cancel.click();
  await expect(page.locator("header.head .status")).toHaveText("Cancelled", { timeout: 60_000 });
  await page.getByRole("button", { name: "Review rolling back" }).click();

  await test.step("the short name is typed before anything goes", async () => {
    const [answer] = await Promise.all([page.waitForResponse((got) => got.request().method() === "POST"), page.getByRole("button", { name: `Roll back Story ${name}` }).click()]);
    expect(answer.status()).toBe(422);
    await page.getByRole("textbox", { name: "Short name of the tenant" }).fill(name);
    await page.getByRole("button", { name: `Roll back Story ${name}` }).click();
    await expect(page).toHaveURL(runAddress);
    await expectDone(page, 120_000);
  });
  await expectNothing(name);
  await page.goto(`/tenants/${id}/draft/organisation`);
  await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue(name);
});
