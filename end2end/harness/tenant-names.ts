// Short names of this run's tenants, and taking off again what was made under them in the real systems.
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as grafana from "../systems/grafana.ts";
import * as keycloak from "../systems/keycloak.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import * as openbao from "../systems/openbao.ts";
import { results, runMark } from "./environment.ts";

// A file, because the names are given in the workers' processes and taken back in Playwright's own.
const given = join(results, "short-names.txt");

let count = 0;

/**
 * `e2e-k3f9a-kill3`: unique over runs and over the workers of this run. What is made under it is removed when all tests have ended,
 * and no sooner: making and removing realms at the same time disturbs Keycloak, and whoever is being tested with it.
 */
export function shortNameFor(label: string): string {
  count += 1;
  const worker = process.env["TEST_WORKER_INDEX"] ?? "0";
  const name = `e2e-${runMark()}-${label}${worker}x${count}`;
  appendFileSync(given, `${name}\n`);
  return name;
}

/** Every name that was given in this run. */
export function namesGiven(): string[] {
  return existsSync(given) ? readFileSync(given, "utf8").split("\n").filter((line) => line !== "") : [];
}

export function forgetNames(): void {
  rmSync(given, { force: true });
}

/** Removes everything of those short names from every system, whoever made it. One after the other: see `shortNameFor`. */
export async function removeFromSystems(shortNames: readonly string[] | ReadonlySet<string>): Promise<void> {
  const left: string[] = [];
  for (const shortName of shortNames) {
    const outcomes = await Promise.allSettled([
      keycloak.removeRealm(shortName),
      kubernetes.removeNamespace(`tenant-${shortName}`),
      openbao.removeTenant(shortName),
      grafana.removeTenant(shortName),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") left.push(`${shortName}: ${String(outcome.reason)}`);
    }
  }
  if (left.length > 0) throw new Error(`not everything could be removed: ${left.join("; ")}`);
}
