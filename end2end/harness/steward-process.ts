// `steward serve` as a process that a test can start, kill and start again.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { DatabaseUrls } from "./database.ts";
import { results, stewardBinary } from "./environment.ts";

const run = promisify(execFile);

/** What `serve` gets: the password of the schema's owner is not for it to know. */
function environment(database: DatabaseUrls, port: number, otherwise: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { STEWARD_MIGRATION_DATABASE_URL: _, ...others } = process.env;
  return {
    ...others,
    STEWARD_DATABASE_URL: database.server,
    STEWARD_LISTEN: `127.0.0.1:${port}`,
    STEWARD_URL: `http://localhost:${port}`,
    STEWARD_WORKER_NAME: `port-${port}`,
    STEWARD_LOG: process.env["STEWARD_LOG"] ?? "info",
    ...otherwise,
  };
}

/** One command of the binary, such as `migrate`, to its end. */
export async function command(database: DatabaseUrls, ...words: string[]): Promise<string> {
  const env = environment(database, 0, { STEWARD_MIGRATION_DATABASE_URL: database.migration });
  const { stdout } = await run(stewardBinary(), words, { env, timeout: 60_000 });
  return stdout;
}

export class StewardProcess {
  readonly url: string;
  readonly log: string;
  #child: ChildProcess | undefined;

  constructor(
    readonly database: DatabaseUrls,
    readonly port: number,
    /** Settings that differ from those of the test instance. */
    readonly otherwise: Record<string, string> = {},
  ) {
    this.url = `http://localhost:${port}`;
    this.log = join(results, "logs", `${database.name}-${port}.log`);
  }

  /** Starts it and comes back when it answers. Gives how long that took, in milliseconds. */
  async start(): Promise<number> {
    mkdirSync(join(results, "logs"), { recursive: true });
    const log = openSync(this.log, "a");
    const began = performance.now();
    const child = spawn(stewardBinary(), ["serve"], { env: environment(this.database, this.port, this.otherwise), stdio: ["ignore", log, log] });
    this.#child = child;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`steward ended with ${child.exitCode}; its log: ${this.log}`);
      try {
        const answer = await fetch(`http://127.0.0.1:${this.port}/health/live`);
        if (answer.ok) return performance.now() - began;
      } catch {
        // Not listening yet.
      }
      if (performance.now() - began > 20_000) throw new Error(`steward does not answer on port ${this.port}; its log: ${this.log}`);
      await pause(20);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(late);
  }

  /** `kill -9`: it gets no chance to tidy up. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }
}
