// Somebody changes a tenant's systems behind Steward's back: it is on the board within a minute, and repaired when a person says so.
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import type { Page } from "@playwright/test";

async function active(inside: { run: (name: string) => Promise<{ state: string } | undefined> }, shortName: string): Promise<string> {
  const id = await onboard(sharedUrl, shortName);
  await until("the tenant is active", async () => (await inside.run(shortName))?.state === "done");
  return id;
}

/** Loads the board until it shows that resource, for at most a minute. */
async function expectOnBoard(page: Page, board: string, resource: string): Promise<void> {
  const heading = page.getByRole("heading", { level: 2, name: resource });
  await expect(async () => {
    await page.goto(board);
    await expect(heading).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000, intervals: [500] });
}

test("an Ingress deleted with kubectl is on the board within a minute, and a repair brings it back", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const name = shortName("drift");
  const id = await active(inside, name);
  const page = await browserOf("sre", { javaScriptEnabled: false });
  const board = `/tenants/${id}/drift`;
  await page.goto(`/tenants/${id}`);
  await page.getByRole("navigation", { name: `Story ${name}` }).getByRole("link", { name: "Drift" }).click();
  await expect(page.locator("header.head .status")).toHaveText("As wanted");

  await kubernetes.kubectl("delete", "ingress", "tenant", "--namespace", `tenant-${name}`);
  await expectOnBoard(page, board, "Ingress");
  const row = page.locator("section.drift").filter({ has: page.getByRole("heading", { name: "Ingress" }) });
  await expect(row.getByRole("table", { name: "Ingress: found and wanted" })).toContainText("nothing");
  await expect(row).toContainText("Gone");

  await test.step("the tenant's page and the platform's board say so too", async () => {
    await page.goto(`/tenants/${id}`);
    await expect(page.locator("header.head .chips")).toContainText(/Drift, \d+ resources? since/);
    await page.goto(`/drift?tenant=${name}`);
    await expect(page.getByRole("heading", { level: 2, name: `Story ${name}, ingress` })).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Drift/ })).toContainText(/\d/);
  });

  await test.step("a repair is a plan that is reviewed, then a run", async () => {
    await page.goto(board);
    await row.getByRole("button", { name: /^Repair/ }).click();
    await expect(page.getByRole("heading", { level: 1, name: /^Review/ })).toBeVisible();
    const plan = page.getByRole("table", { name: /What will be made/ });
    // The handshake that proves it comes along.
    await expect(plan.getByRole("row").filter({ hasText: "Create" }).filter({ hasText: `tenant-${name}/tenant` })).toHaveCount(1);
    expect(await kubernetes.ingresses(`tenant-${name}`)).toHaveLength(0);
    await page.locator("form[action$='/start'] button").click();
    await expect(page).toHaveURL(runAddress);
    await expectDone(page);
    expect(await kubernetes.ingresses(`tenant-${name}`)).toHaveLength(1);
  });

  await page.goto(board);
  await expect(page.locator("section.drift").filter({ has: page.getByRole("heading", { name: "Ingress" }) })).toHaveCount(0);
});

test("what was changed by hand is ignored until a day, reported again, and accepted", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(180_000);
  const name = shortName("keep");
  const id = await active(inside, name);
  const page = await browserOf("sre", { javaScriptEnabled: false });
  const board = `/tenants/${id}/drift`;
  await kubernetes.kubectl("delete", "networkpolicy", "tenant", "--namespace", `tenant-${name}`);
  await expectOnBoard(page, board, "Network policy");
  const row = page.locator("section.drift").filter({ has: page.getByRole("heading", { name: "Network policy" }) });

  await test.step("a day that has passed is refused at its field, and nothing typed is lost", async () => {
    await row.getByText("Ignore until").click();
    await row.getByLabel(/^Until/).fill("2020-01-01");
    await row.getByLabel(/^Why/).fill("a load test");
    const [answer] = await Promise.all([page.waitForResponse((got) => got.request().method() === "POST"), row.getByRole("button", { name: "Ignore", exact: true }).click()]);
    expect(answer.status()).toBe(422);
    expect(new URL(page.url()).search).toBe("");
    await expect(page.getByRole("alert").getByRole("link", { name: "Enter a day that is still to come" })).toHaveAttribute("href", "#until");
    await expect(row.getByLabel(/^Why/)).toHaveValue("a load test");
  });

  await row.getByLabel(/^Until/).fill(new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10));
  await row.getByRole("button", { name: "Ignore", exact: true }).click();
  await expect(row).toContainText("Ignored until");
  await expect(row).toContainText("a load test");
  await expect(page.locator("header.head .status")).toHaveText("As wanted");
  await row.getByRole("button", { name: /^Report again/ }).click();
  await row.getByRole("button", { name: /^Accept/ }).click();
  await expect(row).toContainText("Accepted");

  await test.step("whoever may only look sees it, and no button", async () => {
    const support = await browserOf("support", { javaScriptEnabled: false });
    await support.goto(board);
    await expect(support.getByRole("heading", { level: 2, name: "Network policy" })).toBeVisible();
    await expect(support.locator("section.drift").getByRole("button")).toHaveCount(0);
  });
});
