// Every page of the console in every state that it has, brought about on the real services: for axe-core and for the pictures.
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { change, onboard, until } from "./api.ts";
import type { Inside } from "./database.ts";
import { OwnSteward } from "./own-steward.ts";
import { sharedUrl } from "./ports.ts";
import { endSession, letPass } from "./session.ts";
import { type Role, sessionFile, signIn } from "./staff.ts";
import { shortNameFor } from "./tenant-names.ts";
import { step } from "./timeline.ts";
import { Wizard, organisationOf } from "./wizard.ts";
import * as grafana from "../systems/grafana.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import * as stack from "../systems/stack.ts";

export interface Exhibit {
  name: string;
  /** Opens the page in this state. */
  open: (gallery: Gallery) => Promise<Page>;
}

/** Holds what the exhibits share, and takes it down again. */
export class Gallery {
  readonly #closing: (() => Promise<unknown>)[] = [];
  #stopped: Promise<{ run: string; tenant: string }> | undefined;
  #done: Promise<{ tenantId: string; number: string }> | undefined;
  #poor: Promise<string> | undefined;

  constructor(
    readonly browser: Browser,
    readonly inside: Inside,
  ) {}

  /** Something to be undone when the exhibit is left. */
  afterwards(work: () => Promise<unknown>): void {
    this.#closing.push(work);
  }

  async page(role: Role | undefined, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: sharedUrl,
      locale: "en-GB",
      timezoneId: "UTC",
      ...options,
      ...(role ? { storageState: sessionFile(role) } : {}),
    });
    this.afterwards(() => context.close());
    return context.newPage();
  }

  async at(path: string, role: Role = "platform-ops"): Promise<Page> {
    const page = await this.page(role);
    await page.goto(path, { waitUntil: "networkidle" });
    return page;
  }

  /** A Steward with an empty database of its own. */
  async another(label: string, otherwise: Record<string, string> = {}): Promise<OwnSteward> {
    const steward = await OwnSteward.start(label, otherwise);
    this.afterwards(() => steward.remove());
    return steward;
  }

  async signedInToAnother(label: string): Promise<{ page: Page; steward: OwnSteward }> {
    const steward = await this.another(label);
    const page = await this.page(undefined, { baseURL: steward.url });
    await signIn(page, steward.url, "platform-ops");
    return { page, steward };
  }

  /** A page of a console in which nothing was done yet. */
  async empty(path: string): Promise<Page> {
    const { page, steward } = await this.signedInToAnother("empty");
    await page.goto(`${steward.url}${path}`);
    return page;
  }

  /** A page open in a browser for so long without a click, as its script and the server see it. */
  async idleFor(seconds: number): Promise<Page> {
    // A session of its own: those signed in beforehand are used by other exhibits.
    const page = await this.page(undefined);
    await signIn(page, sharedUrl, "platform-ops");
    await page.clock.install();
    await page.goto("/account", { waitUntil: "networkidle" });
    await letPass(page, this.inside, seconds);
    return page;
  }

  /** A tenant whose run is done. */
  done(): Promise<{ tenantId: string; number: string }> {
    this.#done ??= (async () => {
      const name = shortNameFor("done");
      const tenantId = await onboard(sharedUrl, name);
      const run = await until("the run is done", async () => {
        const seen = await this.inside.run(name);
        return seen?.state === "done" && seen;
      });
      return { tenantId, number: run.number };
    })();
    return this.#done;
  }

  /** A tenant that does without its quota and without its limit range. */
  poor(): Promise<string> {
    this.#poor ??= (async () => {
      const name = shortNameFor("poor");
      const tenantId = await onboard(sharedUrl, name);
      const done = () => until("the run is done", async () => (await this.inside.run(name))?.state === "done");
      await done();
      await change(sharedUrl, tenantId, { without: ["resource-quota", "limit-range"] });
      await done();
      return tenantId;
    })();
    return this.#poor;
  }

  /** The page of a run whose dashboard step meets trouble: the stand-in fails for this tenant alone. */
  async troubled(label: string, fault: { status?: number; delay_ms?: number }, says: RegExp): Promise<Page> {
    const name = shortNameFor(label);
    const release = await this.inside.holdWorkers();
    let tenantId: string;
    try {
      tenantId = await onboard(sharedUrl, name);
      await grafana.fail({ match: `GET /api/dashboards/uid/tenant-${name}`, count: 1000, ...fault });
    } finally {
      await release();
    }
    const run = await this.inside.run(name);
    this.afterwards(async () => {
      await grafana.failNoMore();
      // A run that goes on would make again what is removed.
      await until("the run is done or stopped", async () => (await this.inside.run(name))?.state !== "running", 90_000);
    });
    const page = await this.page("platform-ops");
    await page.goto(`/tenants/${tenantId}/runs/${run?.number}`);
    const dashboard = step(page, /^Dashboard /);
    await dashboard.filter({ hasText: says }).waitFor({ timeout: 30_000 });
    // The other steps have ended by then or do so in a moment: the picture is that of this one.
    await page.waitForFunction(() => document.querySelectorAll("ol.steps > li.ok").length >= 13, undefined, { timeout: 30_000 });
    return page;
  }

  /** A tenant whose run stopped, and stays so: nobody tries again. */
  stopped(): Promise<{ run: string; tenant: string }> {
    this.#stopped ??= this.troubled("stopped", { status: 403 }, /Stopped/).then((page) => {
      const run = new URL(page.url()).pathname;
      return { run, tenant: run.replace(/\/runs\/.*/, "") };
    });
    return this.#stopped;
  }

  async leave(): Promise<void> {
    for (const work of this.#closing.splice(0).toReversed()) await work();
  }
}

async function wizard(gallery: Gallery): Promise<Wizard> {
  const page = await gallery.page("platform-ops");
  await page.goto("/tenants/new", { waitUntil: "networkidle" });
  return new Wizard(page);
}

/** A draft's review; with something foreign in the place if wanted. */
async function review(gallery: Gallery, foreign: boolean): Promise<Page> {
  const name = shortNameFor(foreign ? "foreign" : "review");
  if (foreign) await kubernetes.createNamespace(`tenant-${name}`);
  const page = await gallery.page("platform-ops");
  await new Wizard(page).toReview({ ...organisationOf(name), name: "Orchard Legal" });
  return page;
}

/** The review of other limits. */
async function proposed(gallery: Gallery, cpu: string): Promise<Page> {
  const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/limits`);
  await page.locator("#cpu").fill(cpu);
  await page.getByRole("button", { name: "Review the change" }).click();
  await page.getByRole("heading", { level: 1, name: /^Review/ }).waitFor();
  return page;
}

/** An issuer at whose address nobody listens. */
const nobody = "http://localhost:9/realms/platform";

export const exhibits: Exhibit[] = [
  { name: "tenants", open: (gallery) => gallery.at("/tenants") },
  { name: "tenants-filtered", open: (gallery) => gallery.at("/tenants?q=ledger&status=suspended") },
  { name: "tenants-no-match", open: (gallery) => gallery.at("/tenants?q=nobody-is-called-this") },
  { name: "tenants-none", open: (gallery) => gallery.empty("/tenants") },
  {
    name: "tenants-after-saving",
    open: async (gallery) => {
      const begun = await wizard(gallery);
      await begun.fillOrganisation({ ...organisationOf(shortNameFor("kept")), name: "Orchard Legal" });
      await begun.send("Save draft and leave");
      await begun.page.locator(".flash").waitFor();
      return begun.page;
    },
  },
  { name: "tenants-reseller", open: (gallery) => gallery.at("/tenants", "reseller") },
  { name: "tenant", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}`) },
  { name: "tenant-branding", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/branding`) },
  {
    name: "tenant-branding-wrong",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/branding`);
      await page.locator("#primary").fill("#F2B705");
      await page.getByRole("button", { name: "Save branding" }).click();
      await page.locator(".problem").waitFor();
      return page;
    },
  },
  { name: "tenant-branding-compare", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/branding/compare`) },
  { name: "tenant-limits", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/limits`) },
  { name: "tenant-limits-read", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/limits`, "support") },
  {
    name: "tenant-limits-errors",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/limits`);
      await page.locator("#cpu").fill("many");
      await page.getByRole("button", { name: "Review the change" }).click();
      await page.getByRole("alert").waitFor();
      return page;
    },
  },
  { name: "tenant-settings", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/settings`) },
  {
    name: "tenant-domain",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/domain`);
      await page.getByRole("button", { name: "Check now" }).click();
      await page.getByText("Looked just now").waitFor();
      return page;
    },
  },
  {
    name: "tenant-domain-challenge",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/domain`);
      await page.getByLabel("Domain", { exact: true }).fill("bäckerei.customer.example");
      await page.getByRole("button", { name: "Show the records to set" }).click();
      await page.getByRole("button", { name: "Check", exact: true }).click();
      await page.getByText("Not found yet").waitFor();
      return page;
    },
  },
  {
    name: "tenant-domain-errors",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/domain`);
      await page.getByLabel("Domain", { exact: true }).fill("acme.inosec.com");
      await page.getByRole("button", { name: "Show the records to set" }).click();
      await page.getByRole("alert").waitFor();
      return page;
    },
  },
  { name: "drift", open: (gallery) => gallery.at("/drift") },
  { name: "drift-all", open: (gallery) => gallery.at("/drift?decision=all&system=kubernetes") },
  { name: "tenant-drift", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/drift`) },
  { name: "tenant-mails", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/mails`) },
  {
    name: "tenant-mails-given-up",
    open: async (gallery) => {
      const { tenantId } = await gallery.done();
      const be = (state: string, words: string) => gallery.inside.rows(`update mail set state = $2, ${words} where tenant_id = $1`, [tenantId, state]);
      await be("given-up", "tries = 3, code = 'MAIL-550', failure = 'The mail server refuses the mail for good: 550 5.1.1 no such user here'");
      gallery.afterwards(() => be("sent", "tries = 1, code = null, failure = null"));
      return gallery.at(`/tenants/${tenantId}/mails`);
    },
  },
  {
    name: "own-page-vertical",
    open: async (gallery) => {
      const { tenantId } = await gallery.done();
      const theme = `update tenant_config set theme = $2 where tenant_id = $1`;
      await gallery.inside.rows(theme, [tenantId, { primary: "#967103", secondary: "#1F4E79", font: "serif", layout: "vertical" }]);
      gallery.afterwards(() => gallery.inside.rows(theme, [tenantId, {}]));
      const [tenant] = await gallery.inside.rows<{ short_name: string }>("select short_name from tenant where id = $1", [tenantId]);
      const page = await gallery.page(undefined);
      await page.goto(`/t/${tenant?.short_name}`);
      return page;
    },
  },
  {
    name: "own-page",
    open: async (gallery) => {
      const { tenantId } = await gallery.done();
      const [tenant] = await gallery.inside.rows<{ short_name: string }>("select short_name from tenant where id = $1", [tenantId]);
      const page = await gallery.page(undefined);
      await page.goto(`/t/${tenant?.short_name}`);
      return page;
    },
  },
  { name: "tenant-without-a-resource", open: async (gallery) => gallery.at(`/tenants/${await gallery.poor()}`) },
  { name: "tenant-limits-not-enforced", open: async (gallery) => gallery.at(`/tenants/${await gallery.poor()}/limits`) },
  {
    name: "change-remove-resource",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}`);
      await page.getByRole("button", { name: "Remove limit range" }).click();
      await page.getByRole("heading", { level: 1, name: /^Review/ }).waitFor();
      return page;
    },
  },
  { name: "tenant-suspension", open: async (gallery) => gallery.at(`/tenants/${(await gallery.done()).tenantId}/suspension`) },
  { name: "change-review", open: async (gallery) => proposed(gallery, "6") },
  {
    name: "change-suspend",
    open: async (gallery) => {
      const page = await gallery.at(`/tenants/${(await gallery.done()).tenantId}/suspension`);
      await page.locator("#reason").fill("Invoices unpaid since March");
      await page.getByRole("button", { name: "Review suspending" }).click();
      await page.getByRole("heading", { level: 1, name: /^Review/ }).waitFor();
      return page;
    },
  },
  {
    name: "change-both-versions",
    open: async (gallery) => {
      const { tenantId } = await gallery.done();
      const later = await gallery.at(`/tenants/${tenantId}/limits`);
      await later.locator("#memory_gib").fill("24");
      const first = await gallery.at(`/tenants/${tenantId}/limits`);
      await first.locator("#memory_gib").fill(String(10 + Math.floor(Math.random() * 90)));
      await first.getByRole("button", { name: "Review the change" }).click();
      await first.getByRole("button", { name: "Apply limits" }).click();
      await first.waitForURL(/\/runs\//);
      await later.getByRole("button", { name: "Review the change" }).click();
      await later.getByRole("alert").waitFor();
      return later;
    },
  },
  { name: "wizard-organisation", open: async (gallery) => (await wizard(gallery)).page },
  {
    name: "wizard-organisation-errors",
    open: async (gallery) => {
      const filled = await wizard(gallery);
      await filled.fillOrganisation({ name: "Orchard Legal", shortName: "no good", contact: "admin@orchardlegal" });
      await filled.send("Continue to domain and limits");
      return filled.page;
    },
  },
  {
    name: "wizard-settings",
    open: async (gallery) => {
      const filled = await wizard(gallery);
      await filled.fillOrganisation({ ...organisationOf(shortNameFor("wizard")), name: "Orchard Legal" });
      await filled.continueToSettings();
      return filled.page;
    },
  },
  {
    name: "wizard-settings-errors",
    open: async (gallery) => {
      const filled = await wizard(gallery);
      await filled.fillOrganisation({ ...organisationOf(shortNameFor("wizard")), name: "Orchard Legal" });
      await filled.continueToSettings();
      await filled.page.locator("#cpu").fill("many");
      await filled.page.locator("#gpu").fill("2");
      await filled.send(/^Continue to review/);
      return filled.page;
    },
  },
  { name: "wizard-review", open: (gallery) => review(gallery, false) },
  { name: "wizard-review-foreign", open: (gallery) => review(gallery, true) },
  {
    name: "wizard-review-changed",
    open: async (gallery) => {
      const name = shortNameFor("changed");
      const page = await gallery.page("platform-ops");
      const wizard = new Wizard(page);
      await wizard.toReview({ ...organisationOf(name), name: "Orchard Legal" });
      await kubernetes.createNamespace(`tenant-${name}`);
      await wizard.send(/^Create /);
      await page.getByRole("heading", { name: "The plan changed" }).waitFor();
      return page;
    },
  },
  {
    name: "wizard-organisation-taken",
    open: async (gallery) => {
      const name = shortNameFor("taken");
      const page = await gallery.page("platform-ops");
      const wizard = new Wizard(page);
      await wizard.toReview({ ...organisationOf(name), name: "Orchard Legal" });
      await onboard(sharedUrl, name);
      gallery.afterwards(() => until("the run is done", async () => (await gallery.inside.run(name))?.state === "done"));
      await wizard.send(/^Create /);
      await wizard.problem.filter({ hasText: "taken" }).waitFor();
      return page;
    },
  },
  { name: "run-running", open: (gallery) => gallery.troubled("running", { delay_ms: 6000 }, /Running/) },
  { name: "run-retrying", open: (gallery) => gallery.troubled("retrying", { status: 429 }, /Retrying/) },
  {
    name: "run-stopped",
    open: async (gallery) => {
      const { run } = await gallery.stopped();
      const page = await gallery.page("platform-ops");
      await page.goto(run);
      await step(page, /^Dashboard /).filter({ hasText: "Stopped" }).waitFor();
      return page;
    },
  },
  {
    name: "tenant-provisioning",
    open: async (gallery) => {
      const name = shortNameFor("making");
      const page = await gallery.page("platform-ops");
      const tenantId = await onboard(sharedUrl, name);
      gallery.afterwards(() => until("the run is done", async () => (await gallery.inside.run(name))?.state === "done"));
      const made = async () => [...(await gallery.inside.steps(name)).values()].filter((step) => step.state === "done").length;
      await until("a part of it is made", async () => (await made()) >= 4, 30_000, 10);
      // Held while the page is drawn: once there it does not change.
      const release = await gallery.inside.holdWorkers();
      try {
        await page.goto(`/tenants/${tenantId}`);
        await page.getByText("Being made right now").waitFor();
      } finally {
        await release();
      }
      return page;
    },
  },
  {
    name: "tenant-stopped",
    open: async (gallery) => {
      const page = await gallery.at((await gallery.stopped()).tenant);
      await page.getByText("The run stopped").waitFor();
      return page;
    },
  },
  {
    name: "run-waiting",
    open: async (gallery) => {
      const name = shortNameFor("waiting");
      const release = await gallery.inside.holdWorkers();
      let tenantId: string;
      try {
        tenantId = await onboard(sharedUrl, name);
        gallery.afterwards(async () => {
          await stack.start("standins");
          await until("the run is done", async () => (await gallery.inside.run(name))?.state === "done", 90_000);
        });
        await stack.stop("standins");
      } finally {
        await release();
      }
      const run = await gallery.inside.run(name);
      const page = await gallery.page("platform-ops");
      await page.goto(`/tenants/${tenantId}/runs/${run?.number}`);
      await step(page, /^Folder /).filter({ hasText: "Waiting for Grafana" }).waitFor({ timeout: 30_000 });
      await page.waitForFunction(() => document.querySelectorAll("ol.steps > li.ok").length >= 10, undefined, { timeout: 30_000 });
      return page;
    },
  },
  {
    name: "run-done",
    open: async (gallery) => {
      const { tenantId, number } = await gallery.done();
      return gallery.at(`/tenants/${tenantId}/runs/${number}`);
    },
  },
  { name: "runs", open: async (gallery) => (await gallery.done(), gallery.at("/runs")) },
  // Elsewhere there are stopped runs by now.
  { name: "runs-none", open: (gallery) => gallery.empty("/runs") },
  { name: "runs-no-match", open: (gallery) => gallery.empty("/runs?state=stopped") },
  { name: "audit", open: (gallery) => gallery.at("/audit") },
  { name: "audit-no-match", open: (gallery) => gallery.at("/audit?tenant=00000000-0000-4000-8000-000000000000") },
  {
    name: "audit-entry",
    open: async (gallery) => {
      const { tenantId } = await gallery.done();
      const rows = await gallery.inside.rows<{ id: string }>("select id from audit_intake where tenant_id = $1 and action = 'tenant.create'", [tenantId]);
      return gallery.at(`/audit/${rows[0]?.id}`);
    },
  },
  { name: "account", open: (gallery) => gallery.at("/account") },
  {
    name: "session-ends-soon",
    open: async (gallery) => {
      const page = await gallery.idleFor(13 * 60 + 10);
      await page.getByRole("button", { name: "Stay signed in" }).waitFor();
      return page;
    },
  },
  {
    name: "session-ended",
    open: async (gallery) => {
      const page = await gallery.idleFor(16 * 60);
      await page.getByText("Your session has ended").waitFor();
      return page;
    },
  },
  {
    name: "error-401",
    open: async (gallery) => {
      const page = await gallery.page(undefined);
      await signIn(page, sharedUrl, "platform-ops", "/tenants/new");
      const begun = new Wizard(page);
      await begun.fillOrganisation(organisationOf(shortNameFor("late")));
      await endSession(page, gallery.inside);
      await begun.send("Continue to domain and limits");
      await page.getByText("AUTH-111").first().waitFor();
      return page;
    },
  },
  { name: "error-403", open: (gallery) => gallery.at("/audit", "support") },
  {
    name: "error-403-from-elsewhere",
    open: async (gallery) => {
      // Another site's page, which sends a form of ours: the browser says so, and sends no cookie along.
      const page = await gallery.page("platform-ops");
      await page.setContent(`<form method="post" action="${sharedUrl}/tenants/new"><input name="name" value="From elsewhere"><button>Send</button></form>`);
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("APP-412").first().waitFor();
      return page;
    },
  },
  { name: "error-404", open: (gallery) => gallery.at("/no-such-page") },
  // The address of a form, typed.
  { name: "error-405", open: (gallery) => gallery.at("/tenants/00000000-0000-4000-8000-000000000000/draft/discard") },
  {
    name: "error-500",
    open: async (gallery) => {
      const { page, steward } = await gallery.signedInToAnother("broken");
      await steward.hideTable("tenant");
      await page.goto("/tenants");
      return page;
    },
  },
  {
    name: "platform",
    open: async (gallery) => {
      const page = await gallery.at("/platform");
      // Each process reports every few seconds.
      await until("a process reports", async () => {
        await page.reload();
        return (await page.getByRole("table", { name: "Processes of Steward" }).count()) > 0;
      });
      return page;
    },
  },
  {
    name: "platform-paused",
    open: async (gallery) => {
      const { page, steward } = await gallery.signedInToAnother("pause");
      await steward.put("insert into destruction_pause (id, reason, paused_by) values (gen_random_uuid(), 'The backup of last night is being checked', 'Sana Reliable')");
      await page.goto("/platform");
      return page;
    },
  },
  { name: "keycloak-cells", open: (gallery) => gallery.at("/platform/cells") },
  {
    name: "keycloak-cells-full",
    open: async (gallery) => {
      // Tenants that were never made: enough to fill one cell, and nearly the other.
      const steward = await gallery.another("cells", { STEWARD_KEYCLOAK_CAPACITY: "5", STEWARD_KEYCLOAK_EU_CAPACITY: "3" });
      await steward.put(
        `insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, cell, created_by)
         select gen_random_uuid(), 'active', 'monitoring', 'Cell ' || n, 'cell-' || n, 'cell-' || n || '.inosec.com', 'a@cell.example.com', 'eu',
                case when n <= 4 then 'main' when n <= 7 then 'eu' else 'gone' end, 'seed' from generate_series(1, 8) n`,
      );
      const page = await gallery.page(undefined, { baseURL: steward.url });
      await signIn(page, steward.url, "platform-ops");
      await page.goto("/platform/cells");
      return page;
    },
  },
  {
    name: "database-away",
    open: async (gallery) => {
      const { page, steward } = await gallery.signedInToAnother("gone");
      await steward.dropDatabase();
      await page.goto("/tenants");
      return page;
    },
  },
  {
    name: "sign-in-failed",
    open: async (gallery) => {
      const page = await gallery.page(undefined);
      await page.goto("/auth/callback?state=made-up&code=made-up");
      return page;
    },
  },
  {
    name: "keycloak-away",
    open: async (gallery) => {
      const steward = await gallery.another("away", { STEWARD_OIDC_ISSUER: nobody });
      const page = await gallery.page(undefined, { baseURL: steward.url });
      await page.goto("/auth/sign-in");
      return page;
    },
  },
  {
    name: "keycloak-away-signed-in",
    open: async (gallery) => {
      const { page, steward } = await gallery.signedInToAnother("roles");
      await page.goto("/tenants/new");
      const begun = new Wizard(page);
      await begun.fillOrganisation(organisationOf(shortNameFor("roles")));
      await steward.restart({ STEWARD_OIDC_ISSUER: nobody });
      await begun.send("Continue to domain and limits");
      await page.getByText("AUTH-101").first().waitFor();
      return page;
    },
  },
  {
    name: "signed-out",
    open: async (gallery) => {
      const page = await gallery.page(undefined);
      await page.goto("/auth/signed-out");
      return page;
    },
  },
];

