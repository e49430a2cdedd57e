// A system is away when its step comes: the timeline says which, why, since when and whose job it is, and goes on by itself.
// And Steward itself fails: the page says so, with a code and a request id, and nothing of what belongs to the log.
import { readFileSync } from "node:fs";
import { until } from "../harness/api.ts";
import { OwnSteward } from "../harness/own-steward.ts";
import { signIn } from "../harness/staff.ts";
import { expect, test } from "../harness/story.ts";
import { expectEverything } from "../harness/tenant-inventory.ts";
import { expectDone, fact, runAddress, step } from "../harness/timeline.ts";
import { Wizard, organisationOf } from "../harness/wizard.ts";
import * as grafana from "../systems/grafana.ts";
import { type Part, start, stop } from "../systems/stack.ts";

const systems: { part: Part; system: string; code: string; title: (shortName: string) => RegExp }[] = [
  { part: "kubernetes", system: "Kubernetes", code: "K8S-503", title: (name) => new RegExp(`^Namespace tenant-${name}`) },
  { part: "openbao", system: "OpenBao", code: "VLT-503", title: () => /^Secrets / },
  { part: "standins", system: "Grafana", code: "GRA-503", title: (name) => new RegExp(`^Folder tenant-${name}`) },
  { part: "keycloak", system: "Keycloak", code: "KEY-503", title: (name) => new RegExp(`^Realm ${name}`) },
];

for (const { part, system, code, title } of systems) {
  test(`${system} is stopped before its step: the timeline says so, and goes on by itself when it is back`, async ({ browserOf, shortName, inside }) => {
    test.setTimeout(180_000);
    const tenant = organisationOf(shortName(part.slice(0, 4)));
    const page = await browserOf("platform-ops");
    const wizard = new Wizard(page);
    await wizard.toReview(tenant);
    // The plan is reviewed and agreed to while everything is up; no step has begun when the system goes.
    const release = await inside.holdWorkers();
    let back = true;
    try {
      await wizard.send(/^Create /);
      await expect(page).toHaveURL(runAddress);
      await page.evaluate(() => Object.assign(window, { watchedSinceCreate: true }));
      back = false;
      await stop(part);
      await release();

      const waiting = step(page, title(tenant.shortName));
      await test.step("the live timeline names the system, the cause, since when, and whose job it is", async () => {
        await expect(waiting.locator("p.say .status")).toHaveText(`Waiting for ${system}`, { timeout: 30_000 });
        await expect(waiting.locator("p.say")).toContainText(/since \d\d:\d\d:\d\d UTC/);
        await expect(fact(waiting, "Cause")).toContainText(system);
        await expect(fact(waiting, "Whose job")).toContainText("SRE");
        await expect(fact(waiting, "Whose job")).toContainText("goes on by itself");
        await expect(fact(waiting, "Code")).toContainText(code);
        await expect(page.locator("header.head .chips")).toContainText(/\d waiting/);
      });
      await test.step("other systems' steps go on meanwhile", async () => {
        const others = systems.filter((other) => other.part !== part);
        for (const other of others) {
          await expect(step(page, other.title(tenant.shortName)).getByRole("heading")).toHaveText(/: Done$/, { timeout: 30_000 });
        }
      });
      await test.step("a signed-in person can still open pages, also without JavaScript", async () => {
        const other = await browserOf("platform-ops", { javaScriptEnabled: false });
        await other.goto(page.url());
        await expect(step(other, title(tenant.shortName))).toContainText(`Waiting for ${system}`);
        await other.goto(`/tenants?attention=waiting&q=${tenant.shortName}`);
        await expect(other.getByRole("row").filter({ hasText: tenant.name })).toContainText(`Waits for ${system}`);
      });
      const attempts = await inside.rows<{ failures: number }>(
        "select failures from run_step join tenant on tenant.id = tenant_id where short_name = $1 and failures > 0",
        [tenant.shortName],
      );
      expect(attempts, "waiting uses up no attempts").toEqual([]);

      await start(part);
      back = true;
      await expectDone(page, 60_000);
      expect(await page.evaluate(() => "watchedSinceCreate" in window), "the watcher never had to reload").toBe(true);
    } finally {
      await release();
      if (!back) await start(part);
    }
    const tenantId = new URL(page.url()).pathname.split("/")[2] ?? "";
    await expectEverything({ ...tenant, tenantId, cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 });
  });
}

test("what may pass is retried with a next try in sight; what does not pass stops, and goes on when a person asks", async ({ browserOf, shortName, inside }) => {
  test.setTimeout(120_000);
  const tenant = organisationOf(shortName("retry"));
  const page = await browserOf("platform-ops");
  const wizard = new Wizard(page);
  await wizard.toReview(tenant);
  const look = `GET /api/dashboards/uid/tenant-${tenant.shortName}`;
  const dashboard = step(page, /^Dashboard /);
  const release = await inside.holdWorkers();
  try {
    await wizard.send(/^Create /);
    await expect(page).toHaveURL(runAddress);
    await grafana.fail({ match: look, status: 429, count: 1000 });
    await release();
    await test.step("retrying: attempt n of m, the next try, nobody's job yet", async () => {
      await expect(dashboard.locator("p.say")).toContainText(/Retrying.*next try in/, { timeout: 30_000 });
      await expect(dashboard.locator(".took")).toHaveText(/^Attempt \d of 8$/);
      await expect(fact(dashboard, "Cause")).toContainText("asks for fewer calls");
      await expect(fact(dashboard, "Whose job")).toContainText("Nobody’s yet");
      await expect(fact(dashboard, "Code")).toContainText("GRA-429");
    });
    await test.step("stopped: a person must act, and may try again", async () => {
      await grafana.failNoMore();
      await grafana.fail({ match: look, status: 403, count: 1000 });
      await dashboard.getByRole("button", { name: /^Try now/ }).click();
      await expect(dashboard.locator("p.say")).toContainText("Stopped", { timeout: 30_000 });
      await expect(fact(dashboard, "Whose job")).toContainText("DevOps");
      await expect(fact(dashboard, "Code")).toContainText("GRA-403");
      await expect(page.locator("header.head .status")).toHaveText("Stopped");
    });
    await test.step("a page that nobody looks at holds no connection, and hears again when it is looked at", async () => {
      const asked: string[] = [];
      page.on("request", (request) => {
        if (request.url().endsWith("/events")) asked.push(request.url());
      });
      const look = (seen: boolean) =>
        page.evaluate((seen) => {
          Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }, seen);
      const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/events"));
      await look(false);
      await ended;
      expect(asked).toEqual([]);
      await look(true);
      await expect.poll(() => asked.length).toBe(1);
      await expect(page.getByText(/^Live, updated/)).toBeVisible();
    });
    await test.step("support sees it, and has no button to try again", async () => {
      const support = await browserOf("support");
      await support.goto(page.url());
      await expect(step(support, /^Dashboard /)).toContainText("Stopped");
      await expect(support.getByRole("main").getByRole("button", { name: /^Try/ })).toHaveCount(0);
    });
    await grafana.failNoMore();
    await dashboard.getByRole("button", { name: /^Try again/ }).click();
    await expectDone(page);
    const retried = await inside.rows("select 1 from audit_intake where action = 'step.retry' and tenant_id = $1", [new URL(page.url()).pathname.split("/")[2]]);
    expect(retried.length, "entries of trying again").toBe(2);
  } finally {
    await release();
    await grafana.failNoMore();
  }
});

test("a call that worked but whose answer was lost is looked at, not done twice", async ({ shortName, inside, browserOf }) => {
  const tenant = organisationOf(shortName("lost"));
  const page = await browserOf("platform-ops");
  const wizard = new Wizard(page);
  await wizard.toReview(tenant);
  const release = await inside.holdWorkers();
  try {
    await wizard.send(/^Create /);
    await grafana.fail({ match: "POST /api/folders", status: 504, count: 1, apply: true });
    await grafana.fail({ match: "POST /api/dashboards/db", status: 500, count: 1, apply: true });
  } finally {
    await release();
  }
  await until("the run is done", async () => (await inside.run(tenant.shortName))?.state === "done");
  await grafana.failNoMore();
  const tenantId = new URL(page.url()).pathname.split("/")[2] ?? "";
  await expectEverything({ ...tenant, tenantId, cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 });
});

test("an error that nobody foresaw shows a page with a code and a request id, and its cause in the log alone", async ({ browserOf }) => {
  const steward = await OwnSteward.start("failed");
  try {
    const page = await browserOf(undefined);
    await signIn(page, steward.url, "platform-ops");
    await steward.hideTable("tenant");
    const answer = await page.goto(`${steward.url}/tenants?q=orchard`);
    expect(answer?.status()).toBe(500);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Something is wrong on our side");
    await expect(page.getByRole("main").getByText("APP-500").first()).toBeVisible();
    await expect(page.getByRole("link", { name: "Try again" })).toHaveAttribute("href", "/tenants?q=orchard");
    const request = await page.locator("dl.facts > div").filter({ hasText: "Request" }).locator("dd").innerText();
    expect(request).toBe(answer?.headers()["x-request-id"]);
    expect(await page.content()).not.toMatch(/relation|does not exist|select /);
    const lines = readFileSync(steward.process.log, "utf8").split("\n").filter((line) => line.includes(request));
    expect(lines.join("\n"), "whoever has the request id finds the cause").toMatch(/relation \\?"tenant\\?" does not exist/);
  } finally {
    await steward.remove();
  }
});

test("Steward's own database is away: the page says so, with a code and a request id", async ({ browserOf }) => {
  const steward = await OwnSteward.start("lost");
  try {
    const page = await browserOf(undefined);
    await signIn(page, steward.url, "platform-ops");
    await steward.dropDatabase();
    const answer = await page.goto(`${steward.url}/tenants`);
    expect(answer?.status()).toBe(503);
    await expect(page.getByText("APP-503").first()).toBeVisible();
    await expect(page.getByText(answer?.headers()["x-request-id"] ?? "none").first()).toBeVisible();
  } finally {
    await steward.remove();
  }
});
