// Before the tests: a fresh database, migrated, with resellers; one server that most tests share; each role signed in once.
import { type Browser, chromium as playwright } from "@playwright/test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchOptions } from "./browser-options.ts";
import { Inside, createDatabase } from "./database.ts";
import { results, stewardBinary, variable } from "./environment.ts";
import { removeLeftovers } from "./leftovers.ts";
import { sharedPort } from "./ports.ts";
import { failNoMore } from "../systems/grafana.ts";
import { rolesUsed, sessionFile, signIn } from "./staff.ts";
import { StewardProcess, command } from "./steward-process.ts";
import { seedTenants } from "./seeded-tenants.ts";
import { shared } from "./shared-server.ts";
import { forgetNames } from "./tenant-names.ts";

async function signInAll(browser: Browser, url: string): Promise<void> {
  for (const role of rolesUsed) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page, url, role);
    await context.storageState({ path: sessionFile(role) });
    await context.close();
  }
}

export default async function begin(): Promise<void> {
  for (const name of ["KEYCLOAK_URL", "VAULT_ADDR", "KUBECONFIG", "GRAFANA_URL", "MAIL_API_URL", "STANDINS_CONTROL_URL", "STEWARD_SITE_ROOT"]) {
    variable(name);
  }
  stewardBinary();
  await removeLeftovers();
  forgetNames();
  rmSync(join(results, "sessions"), { recursive: true, force: true });
  mkdirSync(join(results, "sessions"), { recursive: true, mode: 0o700 });

  const mark = Math.floor(Date.now() / 1000).toString(36).slice(-5);
  process.env["STEWARD_END2END_RUN"] = mark;
  const database = await createDatabase(`steward_e2e_${mark}`);
  process.env["STEWARD_END2END_DATABASE"] = database.name;
  await failNoMore();
  await command(database, "migrate");
  await command(database, "reseller", "add", "--short-name", "meridian-cloud", "--name", "Meridian Cloud");
  await command(database, "reseller", "add", "--short-name", "nordwerk-partners", "--name", "Nordwerk Partners");
  const inside = new Inside(database);
  await seedTenants(inside);
  await inside.close();
  const steward = new StewardProcess(database, sharedPort);
  shared.process = steward;
  const took = await steward.start();
  writeFileSync(join(results, "start.json"), JSON.stringify({ first_answer_ms: Math.round(took) }));

  const browser = await playwright.launch({ ...launchOptions, headless: true });
  try {
    await signInAll(browser, steward.url);
  } finally {
    await browser.close();
  }
}
