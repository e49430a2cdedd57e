// Somebody on call pauses all destructive work, and looks at how the platform is while a system is away.
import { onboard, until } from "../harness/api.ts";
import type { Inside } from "../harness/database.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone } from "../harness/timeline.ts";
import { start, stop } from "../systems/stack.ts";

async function active(inside: Inside, shortName: string): Promise<string> {
  const id = await onboard(sharedUrl, shortName);
  await until("the tenant is active", async () => (await inside.rows("select from tenant where id = $1 and status = 'active'", [id])).length > 0);
  return id;
}

test("while destructive work is paused a suspension waits and says why, and goes on by itself afterwards", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const name = shortName("paus");
  const id = await active(inside, name);
  const page = await browserOf("platform-ops");

  await test.step("a pause without a reason is refused", async () => {
    await page.goto("/platform");
    await page.getByLabel("Reason").fill("   ");
    await page.getByRole("button", { name: "Pause destructive work" }).click();
    await expect(page.getByText(/Enter why/).first()).toBeVisible();
    expect(await inside.rows("select from destruction_pause where resumed_at is null")).toEqual([]);
  });

  try {
    await page.getByLabel("Reason").fill("the backup of last night is being checked");
    await page.getByRole("button", { name: "Pause destructive work" }).click();
    await expect(page.getByRole("heading", { name: "Destructive work is paused" })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("the backup of last night is being checked");

    await test.step("the suspension is started, and waits", async () => {
      await page.goto(`/tenants/${id}/suspension`);
      await page.getByRole("textbox", { name: /Reason/ }).fill("unpaid since March");
      await page.getByRole("button", { name: "Review suspending" }).click();
      await page.getByRole("button", { name: `Suspend Story ${name}` }).click();
      await expect(page.getByRole("heading", { name: "Destructive work is paused" })).toBeVisible();
      await expect(page.getByRole("main")).toContainText("Waits: destructive work is paused by");
      await expect(page.getByRole("main")).toContainText("the backup of last night is being checked");
    });
    const run = page.url();

    await test.step("the platform's page counts what waits", async () => {
      await page.goto("/platform");
      await expect(page.getByRole("main")).toContainText("1 destructive step");
      expect(await inside.rows("select from tenant where id = $1 and status = 'active'", [id]), "nobody is kept out yet").toHaveLength(1);
      await page.getByRole("button", { name: "Let destructive work go on" }).click();
      await expect(page.getByRole("main")).toContainText("Goes on as usual");
    });
    await page.goto(run);
    await expectDone(page);
    await expect(page.getByRole("heading", { name: "Destructive work is paused" })).toHaveCount(0);
  } finally {
    await inside.rows("update destruction_pause set resumed_at = now(), resumed_by = 'tests' where resumed_at is null");
  }
});

test("a system that is away is seen on the platform's page, with the work that waits for it, and is seen to come back", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const page = await browserOf("sre");
  const row = page.getByRole("table", { name: "Systems" }).getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Grafana" }) });
  await page.goto("/platform");
  await expect(page.getByRole("table", { name: "Processes of Steward" }).getByRole("row")).not.toHaveCount(1);

  const release = await inside.holdWorkers();
  let back = true;
  let id = "";
  try {
    id = await onboard(sharedUrl, shortName("gate"));
    back = false;
    await stop("standins");
    await release();
    await test.step("it does not answer, and steps wait for it", async () => {
      await expect(async () => {
        await page.reload();
        await expect(row).toContainText(/Does not answer|Circuit open/, { timeout: 500 });
        await expect(row).toContainText(/\d waiting/, { timeout: 500 });
        await expect(row).toContainText(/not answered/, { timeout: 500 });
      }).toPass({ timeout: 60_000 });
    });
    await start("standins");
    back = true;
    await until("the tenant is active", async () => (await inside.rows("select from tenant where id = $1 and status = 'active'", [id])).length > 0);
    await test.step("it answers again, and nothing waits", async () => {
      await expect(async () => {
        await page.reload();
        await expect(row).toContainText("Answers", { timeout: 500 });
        await expect(row).not.toContainText(/\d waiting/, { timeout: 500 });
      }).toPass({ timeout: 60_000 });
    });
    const attempts = await inside.rows("select from run_step where tenant_id = $1 and failures > 0", [id]);
    expect(attempts, "waiting uses up no attempts").toEqual([]);
  } finally {
    await release();
    if (!back) await start("standins");
  }
});

test("a reseller does not see the platform, and who may not pause is told whom to ask", async ({ browserOf }) => {
  expect((await (await browserOf("reseller")).goto("/platform"))?.status()).toBe(403);
  const page = await browserOf("support");
  await page.goto("/platform");
  await expect(page.getByRole("main")).toContainText("To pause it, ask");
  await expect(page.getByRole("button", { name: "Pause destructive work" })).toHaveCount(0);
});
