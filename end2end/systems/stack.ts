// The parts of the stack, as a person would stop and start them.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository, stackInstance } from "../harness/environment.ts";

const run = promisify(execFile);

export type Part = "keycloak" | "keycloak-eu" | "openbao" | "kubernetes" | "standins" | "mail";

async function stack(...command: string[]): Promise<string> {
  const { stdout } = await run(join(repository, "stack", "stack"), command, {
    cwd: repository,
    env: { ...process.env, STACK: stackInstance },
    timeout: 180_000,
  });
  return stdout.trim();
}

export async function stop(part: Part): Promise<void> {
  await stack("stop", part);
}

/** Comes back when the part answers. */
export async function start(part: Part): Promise<void> {
  await stack("start", part);
}

/** The one-time code of this moment. */
export async function oneTimeCode(user: string): Promise<string> {
  return stack("otp", user);
}
