// What a run that was cut short left behind: its databases and its tenants in the systems. Only one run at a time uses an instance
// (the ports are the same), so whatever carries the tests' prefix when a run begins belongs to nobody.
import { connect } from "node:net";
import * as keycloak from "../systems/keycloak.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import { databasesWith, dropDatabase } from "./database.ts";
import { ports } from "./ports.ts";
import { removeFromSystems } from "./tenant-names.ts";

const taken = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

export async function removeLeftovers(): Promise<void> {
  for (const port of ports) {
    if (await taken(port)) throw new Error(`Port ${port} is in use: another run of these tests, or a server that somebody started. The realm allows exactly ${ports.join(", ")}.`);
  }
  for (const database of await databasesWith("steward_e2e_")) await dropDatabase(database);
  const realms = (await keycloak.realmNames()).filter((name) => name.startsWith("e2e-"));
  const namespaces = (await kubernetes.namespaceNames()).filter((name) => name.startsWith("tenant-e2e-")).map((name) => name.slice("tenant-".length));
  await removeFromSystems(new Set([...realms, ...namespaces]));
}
