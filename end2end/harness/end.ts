// After the tests: nothing of this run is left, neither processes nor databases nor objects in the systems.
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as keycloak from "../systems/keycloak.ts";
import { failNoMore } from "../systems/grafana.ts";
import { Inside, dropDatabase, urlsOf } from "./database.ts";
import { results, runMark } from "./environment.ts";
import { shared } from "./shared-server.ts";
import { removeFromSystems } from "./tenant-names.ts";

export default async function end(): Promise<void> {
  await shared.process?.stop();
  const database = process.env["STEWARD_END2END_DATABASE"];
  // The set-up ended before it made anything, and says why.
  if (!database) return;
  // Tests remove what they made; a test that was cut short may have left something.
  const left = new Set((await keycloak.realmNames()).filter((name) => name.startsWith(`e2e-${runMark()}-`)));
  const inside = new Inside(urlsOf(database));
  for (const row of await inside.rows<{ short_name: string }>("select short_name from tenant where status <> 'draft'")) left.add(row.short_name);
  await inside.close();
  for (const shortName of left) {
    if (shortName.startsWith(`e2e-${runMark()}-`)) await removeFromSystems(shortName);
  }
  await failNoMore();
  await dropDatabase(database);
  rmSync(join(results, "sessions"), { recursive: true, force: true });
}
