// After the tests: nothing of this run is left, neither processes nor databases nor objects in the systems.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { failNoMore } from "../systems/grafana.ts";
import { databasesWith, dropDatabase } from "./database.ts";
import { results, runMark } from "./environment.ts";
import { shared } from "./shared-server.ts";
import { forgetNames, namesGiven, removeFromSystems } from "./tenant-names.ts";

export default async function end(): Promise<void> {
  await shared.process?.stop();
  const database = process.env["STEWARD_END2END_DATABASE"];
  // The set-up ended before it made anything, and says why.
  if (!database) return;
  await failNoMore();
  await removeFromSystems(namesGiven());
  forgetNames();
  // A test that was cut short leaves the databases of its own servers.
  for (const own of await databasesWith(`steward_e2e_${runMark()}`)) await dropDatabase(own);
  rmSync(join(results, "sessions"), { recursive: true, force: true });
}
