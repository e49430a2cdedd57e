// What the tests are told by the environment of the stack's test instance. A missing value fails at once and says which:
// a test that cannot find its services must never look as if it had nothing to say.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const end2end = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const repository = resolve(end2end, "..");
export const results = join(end2end, "results");

export function variable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `${name} is not set. Load the test instance first: set -a; . .stack-test/env; . .stack-test/steward.env; set +a`,
    );
  }
  return value;
}

/** The instance of the stack whose services are used, stopped and started. */
export const stackInstance = process.env["STACK"] ?? "test";
if (stackInstance === "dev") {
  throw new Error("STACK=dev is what people look at; the tests stop its services. Use STACK=test.");
}

export function stewardBinary(): string {
  const binary = variable("STEWARD_BINARY");
  if (!existsSync(binary)) throw new Error(`There is no steward binary at ${binary}. Build it, or say where it is with STEWARD_BINARY.`);
  return binary;
}

export const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Distinguishes the names of this run from those of any other; fixed by the global set-up, inherited by the workers. */
export function runMark(): string {
  return variable("STEWARD_END2END_RUN");
}
