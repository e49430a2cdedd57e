// A database of the tests' own, made as the stack makes Steward's: owned by the migrations' role, reached by the server's role.
// Tests look into it to know the moment in a run; they never change what they test.
import pg from "pg";
import { variable } from "./environment.ts";

function of(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

export interface DatabaseUrls {
  name: string;
  /** Superuser: for looking inside. */
  superuser: string;
  server: string;
  migration: string;
}

export function urlsOf(name: string): DatabaseUrls {
  return {
    name,
    superuser: of(variable("DATABASE_URL"), name),
    server: of(variable("STEWARD_DATABASE_URL"), name),
    migration: of(variable("STEWARD_MIGRATION_DATABASE_URL"), name),
  };
}

async function asSuperuser(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: variable("DATABASE_URL") });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

export async function createDatabase(name: string): Promise<DatabaseUrls> {
  const urls = urlsOf(name);
  const owner = decodeURIComponent(new URL(urls.migration).username);
  const server = decodeURIComponent(new URL(urls.server).username);
  await asSuperuser(async (client) => {
    const quoted = pg.escapeIdentifier(name);
    await client.query(`create database ${quoted} owner ${pg.escapeIdentifier(owner)}`);
    await client.query(`revoke all on database ${quoted} from public`);
    await client.query(`grant connect on database ${quoted} to ${pg.escapeIdentifier(server)}`);
  });
  return urls;
}

export async function dropDatabase(name: string): Promise<void> {
  await asSuperuser(async (client) => {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  });
}

export async function databasesWith(prefix: string): Promise<string[]> {
  let names: string[] = [];
  await asSuperuser(async (client) => {
    const { rows } = await client.query<{ datname: string }>("select datname from pg_database where starts_with(datname, $1)", [prefix]);
    names = rows.map((row) => row.datname);
  });
  return names;
}

export interface StepRow {
  id: string;
  kind: string;
  state: string;
  owner: string | null;
  epoch: string;
  failures: number;
}

/** Looks into one of the tests' databases. */
export class Inside {
  readonly #pool: pg.Pool;

  constructor(urls: DatabaseUrls) {
    this.#pool = new pg.Pool({ connectionString: urls.superuser, max: 4 });
    // A dropped database ends idle connections; that is no failure of a test.
    this.#pool.on("error", () => {});
  }

  async rows<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.#pool.query<T>(sql, values)).rows;
  }

  /** The database's clock, for "since then" in what is asked later. */
  async now(): Promise<Date> {
    const rows = await this.rows<{ now: Date }>("select clock_timestamp() as now");
    if (!rows[0]) throw new Error("the database tells no time");
    return rows[0].now;
  }

  /** The entries of one request, by the id that its answer carries: other stories write entries of their own at the same time. */
  async entriesOf(request: string | undefined): Promise<{ action: string; result: string; actor_name: string; code: string | null }[]> {
    return this.rows("select action, result, actor_name, code from audit_intake where request_id = $1 order by occurred_at", [request]);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /**
   * Keeps every worker from beginning an attempt until the given function is called. It takes a lock and changes nothing: a claim's intent
   * cannot commit, so no effect happens. This is how a story gets between the plan and the first step.
   */
  holdWorkers(): Promise<() => Promise<void>> {
    return this.#hold("lock table run_step_attempt in share row exclusive mode");
  }

  /** Keeps every step in the state that it has, until the given function is called. Reading goes on. */
  holdSteps(): Promise<() => Promise<void>> {
    return this.#hold("lock table run_step in share row exclusive mode");
  }

  async #hold(lock: string): Promise<() => Promise<void>> {
    const client = await this.#pool.connect();
    await client.query("begin");
    await client.query(lock);
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      await client.query("rollback");
      client.release();
    };
  }

  /** The steps of a tenant's run, by kind. */
  async steps(shortName: string): Promise<Map<string, StepRow>> {
    const rows = await this.rows<StepRow>(
      `select run_step.id, kind, state, run_step.owner, epoch, failures from run_step join tenant on tenant.id = tenant_id
       where short_name = $1 and status <> 'draft'`,
      [shortName],
    );
    return new Map(rows.map((row) => [row.kind, row]));
  }

  async run(shortName: string): Promise<{ id: string; number: string; state: string; tenant_id: string } | undefined> {
    const rows = await this.rows<{ id: string; number: string; state: string; tenant_id: string }>(
      `select run.id, number, state, tenant_id from run join tenant on tenant.id = tenant_id
       where short_name = $1 and status <> 'draft' order by number desc limit 1`,
      [shortName],
    );
    return rows[0];
  }
}
