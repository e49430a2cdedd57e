// Short names of this run's tenants, and taking off again what was made under them in the real systems.
import * as grafana from "../systems/grafana.ts";
import * as keycloak from "../systems/keycloak.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import * as openbao from "../systems/openbao.ts";
import { runMark } from "./environment.ts";

let count = 0;

/** `e2e-k3f9a-kill3`: unique over runs and over the workers of this run. */
export function shortNameFor(label: string): string {
  count += 1;
  const worker = process.env["TEST_WORKER_INDEX"] ?? "0";
  return `e2e-${runMark()}-${label}${worker}x${count}`;
}

/** Removes everything of that short name from every system. Works whoever made it. */
export async function removeFromSystems(shortName: string): Promise<void> {
  const outcomes = await Promise.allSettled([
    keycloak.removeRealm(shortName),
    kubernetes.removeNamespace(`tenant-${shortName}`),
    openbao.removeTenant(shortName),
    grafana.removeTenant(shortName),
  ]);
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed.length > 0) {
    throw new Error(`not everything of ${shortName} could be removed: ${failed.map((each) => String(each.reason)).join("; ")}`);
  }
}
