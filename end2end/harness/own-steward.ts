// A Steward with a database of its own, for states that the shared one must never be in.
import { type DatabaseUrls, Inside, createDatabase, dropDatabase } from "./database.ts";
import { runMark } from "./environment.ts";
import { galleryPort } from "./ports.ts";
import { StewardProcess, command } from "./steward-process.ts";

export class OwnSteward {
  private constructor(
    readonly database: DatabaseUrls,
    public process: StewardProcess,
  ) {}

  static async start(label: string, otherwise: Record<string, string> = {}): Promise<OwnSteward> {
    const database = await createDatabase(`steward_e2e_${runMark()}_${label}`);
    const own = new OwnSteward(database, new StewardProcess(database, galleryPort, otherwise));
    try {
      await command(database, "migrate");
      await own.process.start();
    } catch (error) {
      await own.remove();
      throw error;
    }
    return own;
  }

  /** The same database behind a server with other settings: whoever is signed in stays so. */
  async restart(otherwise: Record<string, string>): Promise<void> {
    await this.process.stop();
    this.process = new StewardProcess(this.database, galleryPort, otherwise);
    await this.process.start();
  }

  get url(): string {
    return this.process.url;
  }

  /** Puts something into its database that no page would. */
  async put(statement: string): Promise<void> {
    const inside = new Inside(this.database);
    try {
      await inside.rows(statement);
    } finally {
      await inside.close();
    }
  }

  /** A table under another name: every page that needs it meets an error that nobody foresaw. */
  async hideTable(table: string): Promise<void> {
    await this.put(`alter table ${table} rename to hidden_${table}`);
  }

  dropDatabase(): Promise<void> {
    return dropDatabase(this.database.name);
  }

  async remove(): Promise<void> {
    await this.process.stop();
    await this.dropDatabase();
  }
}
