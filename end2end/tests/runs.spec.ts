// Runs survive anything: a server killed with -9 at any moment, or one of several.
import { setTimeout as pause } from "node:timers/promises";
import { contactOf, get, onboard, until, wishFor } from "../harness/api.ts";
import { type DatabaseUrls, Inside, type StepRow, createDatabase, dropDatabase } from "../harness/database.ts";
import { runMark } from "../harness/environment.ts";
import { killedPorts, pairPorts, sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { StewardProcess, command } from "../harness/steward-process.ts";
import { shortNameFor } from "../harness/tenant-names.ts";
import { expectEverything } from "../harness/tenant-inventory.ts";

type Steps = Map<string, StepRow>;

const state = (steps: Steps, kind: string) => steps.get(kind)?.state;
const done = (steps: Steps) => [...steps.values()].filter((step) => step.state === "done").length;

const moments: { title: string; label: string; port: number; reached: (steps: Steps) => boolean }[] = [
  { title: "right after the start", label: "start", port: killedPorts[0], reached: (steps) => steps.size === 19 && done(steps) === 0 },
  { title: "while the realm is being made", label: "realm", port: killedPorts[1], reached: (steps) => state(steps, "realm") === "running" },
  {
    title: "between the realm and its second factor",
    label: "between",
    port: killedPorts[2],
    reached: (steps) => state(steps, "realm") === "done" && state(steps, "second-factor") !== "done",
  },
  { title: "while the administrator is being invited", label: "admin", port: killedPorts[3], reached: (steps) => state(steps, "administrator") === "running" },
  { title: "before the last step is done", label: "last", port: killedPorts[4], reached: (steps) => done(steps) === 18 },
];

interface Outcome {
  shortName: string;
  tenantId: string;
  /** The steps as they stood at the kill. */
  atDeath: Steps;
  /** How long after the kill a step that the dead server held was begun anew; none if it held none. */
  takenOverSeconds: number | undefined;
  /** How long after the kill the run was done. */
  doneSeconds: number;
  run: { state: string };
  tenant: { status: string };
  attempts: number;
}

/** The state of a tenant's run; never "stopped", which no waiting changes. */
async function runState(inside: Inside, shortName: string): Promise<string | undefined> {
  const state = (await inside.run(shortName))?.state;
  if (state !== "stopped") return state;
  const causes = await inside.rows<{ kind: string; cause: unknown }>(
    "select kind, cause from run_step join tenant on tenant.id = tenant_id where short_name = $1 and state = 'stopped'",
    [shortName],
  );
  throw new Error(`the run of ${shortName} stopped: ${JSON.stringify(causes)}`);
}

/**
 * How long after that moment, by the database's clock, the first attempt was made at a step that a worker held then, by a claim after
 * the one that it was held by.
 */
async function takenOver(inside: Inside, held: StepRow[], since: Date): Promise<number | undefined> {
  if (held.length === 0) return undefined;
  const rows = await inside.rows<{ seconds: number | null }>(
    `select extract(epoch from min(began_at) - $3::timestamptz)::float8 as seconds
     from run_step_attempt a join unnest($1::uuid[], $2::bigint[]) as held (id, epoch) on a.step_id = held.id and a.epoch > held.epoch`,
    [held.map((step) => step.id), held.map((step) => step.epoch), since],
  );
  return rows[0]?.seconds ?? Number.POSITIVE_INFINITY;
}

/** One server with a database of its own, killed at a moment of a run, started again, watched to the end. */
async function killedAt(moment: (typeof moments)[number]): Promise<Outcome> {
  const database = await createDatabase(`steward_e2e_${runMark()}_${moment.label}`);
  const inside = new Inside(database);
  const steward = new StewardProcess(database, moment.port);
  try {
    await command(database, "migrate");
    await steward.start();
    // A moment lasts a tenth of a second or so; whoever misses it tries with another tenant.
    for (let attempt = 1; ; attempt += 1) {
      const shortName = shortNameFor(moment.label);
      const tenantId = await onboard(steward.url, shortName);
      let atDeath: Steps | undefined;
      let killed = new Date(0);
      for (;;) {
        const steps = await inside.steps(shortName);
        if (done(steps) === 19) break;
        if (!moment.reached(steps)) {
          await runState(inside, shortName);
          await pause(10);
          continue;
        }
        // Nothing is claimed or settled while the steps are held: as they stand now they stand at the kill.
        const release = await inside.holdSteps();
        try {
          const held = await inside.steps(shortName);
          if (moment.reached(held)) {
            await steward.kill();
            killed = await inside.now();
            atDeath = held;
            break;
          }
        } finally {
          await release();
        }
      }
      if (!atDeath) {
        // The run must end well then too, but it is not this story.
        if (attempt === 8) throw new Error(`the moment "${moment.title}" was missed eight times`);
        continue;
      }
      await steward.start();
      // All five at once, beside other stories: how long the whole takes says more about this machine than about Steward.
      await until(`${shortName}, killed ${moment.title}, is done`, async () => (await runState(inside, shortName)) === "done", 180_000);
      const doneSeconds = ((await inside.now()).getTime() - killed.getTime()) / 1000;
      const takenOverSeconds = await takenOver(inside, [...atDeath.values()].filter((step) => step.state === "running"), killed);
      const run = await inside.run(shortName);
      const answer = await get(steward.url, `/v2/tenants/${tenantId}/runs/${run?.id}`);
      const byNumber = answer.status === 404 ? await get(steward.url, `/v2/tenants/${tenantId}/runs/${run?.number}`) : answer;
      const attempts = await inside.rows<{ count: number }>(
        "select count(*)::int from run_step_attempt join run_step on run_step.id = step_id where run_id = $1",
        [run?.id],
      );
      return {
        shortName,
        tenantId,
        atDeath,
        takenOverSeconds,
        doneSeconds,
        run: (await byNumber.json()) as { state: string },
        tenant: (await (await get(steward.url, `/v2/tenants/${tenantId}`)).json()) as { status: string },
        attempts: attempts[0]?.count ?? 0,
      };
    }
  } finally {
    await steward.stop();
    await inside.close();
    await dropDatabase(database.name);
  }
}

test.describe("a server killed with -9, then started again, ends the run", () => {
  // Five servers at the same time: what takes time is waiting for the dead ones' leases.
  const outcomes = new Map<string, Promise<Outcome>>();

  test.beforeAll(async () => {
    test.setTimeout(300_000);
    for (const moment of moments) outcomes.set(moment.label, killedAt(moment));
    await Promise.allSettled(outcomes.values());
  });

  for (const moment of moments) {
    test(`killed ${moment.title}`, async () => {
      const outcome = await outcomes.get(moment.label);
      if (!outcome) throw new Error("it was never tried");
      test.info().annotations.push({
        type: "figures",
        description: `taken over ${outcome.takenOverSeconds?.toFixed(1) ?? "(it held nothing)"} s after the kill, done ${outcome.doneSeconds.toFixed(1)} s after it; ${outcome.attempts} attempts at 19 steps`,
      });
      expect(moment.reached(outcome.atDeath), "it died at that moment").toBe(true);
      expect(outcome.run.state).toBe("done");
      expect(outcome.tenant.status).toBe("active");
      // DESIGN.md: what a dead server held is taken over within 35 s.
      expect(outcome.takenOverSeconds ?? 0).toBeLessThanOrEqual(35);
      const { shortName, tenantId } = outcome;
      await expectEverything({ shortName, tenantId, name: wishFor(shortName).name, contact: contactOf(shortName), cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 });
    });
  }
});

test("two servers share ten onboardings; one is killed, and all end done", async ({ shortName }) => {
  test.setTimeout(240_000);
  const database: DatabaseUrls = await createDatabase(`steward_e2e_${runMark()}_shared`);
  const inside = new Inside(database);
  const first = new StewardProcess(database, pairPorts[0]);
  const second = new StewardProcess(database, pairPorts[1]);
  try {
    await command(database, "migrate");
    await Promise.all([first.start(), second.start()]);
    const names = Array.from({ length: 10 }, (_, place) => shortName(`ten${place}`));
    // Each server is asked five times, one after the other, both at the same time.
    const ids = new Map<string, string>();
    const ask = async (steward: StewardProcess, mine: string[]) => {
      for (const name of mine) ids.set(name, await onboard(steward.url, name));
    };
    await Promise.all([ask(first, names.slice(0, 5)), ask(second, names.slice(5))]);

    const doneBy = () =>
      inside.rows<{ worker: string; count: number }>(
        "select worker, count(*)::int from run_step_attempt where ended_at is not null and code is null group by worker order by worker",
      );
    // Both have done some of the work, and the one that will die is in the middle of some.
    await until(
      "both servers work",
      async () => {
        const workers = await doneBy();
        const busy = await inside.rows("select 1 from run_step where state = 'running' and owner like $1", [`port-${second.port}%`]);
        return workers.length === 2 && busy.length > 0;
      },
      60_000,
      10,
    );
    await second.kill();
    const killed = await inside.now();
    const held = await inside.rows<StepRow>("select id, kind, state, owner, epoch, failures from run_step where state = 'running' and owner like $1", [`port-${second.port}%`]);
    const all = async () => (await Promise.all(names.map((name) => runState(inside, name)))).every((state) => state === "done");
    await until("all ten are done", all, 150_000);
    const takenOverSeconds = await takenOver(inside, held, killed);
    const doneSeconds = ((await inside.now()).getTime() - killed.getTime()) / 1000;
    test.info().annotations.push({
      type: "figures",
      description: `${held.length} steps taken over ${takenOverSeconds?.toFixed(1) ?? "(none held)"} s after the kill, all done ${doneSeconds.toFixed(1)} s after it; ${JSON.stringify(await doneBy())}`,
    });
    expect(takenOverSeconds ?? 0, "DESIGN.md: what a dead server held is taken over within 35 s").toBeLessThanOrEqual(35);
    for (const name of names) {
      const tenantId = ids.get(name) ?? "";
      await expectEverything({ shortName: name, tenantId, name: wishFor(name).name, contact: contactOf(name), cpu: 4, memoryGib: 8, storageGib: 200, gpu: 0 });
    }
  } finally {
    await first.stop();
    await second.stop();
    await inside.close();
    await dropDatabase(database.name);
  }
});

test("the list of runs shows what ran, by state, and leads to each timeline", async ({ browserOf, shortName, inside }) => {
  const name = shortName("listed");
  const tenantId = await onboard(sharedUrl, name);
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  const page = await browserOf("platform-ops", { javaScriptEnabled: false });
  await page.goto("/runs");
  await expect(page.getByRole("heading", { level: 1, name: "Runs" })).toBeVisible();
  await expect(page.getByRole("table").getByText(wishFor(name).name)).toBeVisible();
  await page.goto("/runs?state=done");
  await page.getByRole("row").filter({ hasText: wishFor(name).name }).getByRole("link").first().click();
  await expect(page).toHaveURL(new RegExp(`/tenants/${tenantId}/runs/\\d+$`));
  await expect(page.locator("ol.steps > li")).toHaveCount(19);
});
