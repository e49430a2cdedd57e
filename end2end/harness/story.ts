// What every story starts from: people who are signed in, short names that are tidied up after, a look into the database.
// Every page that a story opens also watches for what nobody may see: violations of the content security policy and
// uncaught errors of scripts. They fail the story, wherever it was going.
import { type BrowserContext, type BrowserContextOptions, type Page, test as playwrightTest, expect } from "@playwright/test";
import { Inside, urlsOf } from "./database.ts";
import { variable } from "./environment.ts";
import { ports, sharedUrl } from "./ports.ts";
import { type Role, sessionFile } from "./staff.ts";
import { shortNameFor } from "./tenant-names.ts";

interface Stories {
  /** Opens a browser of its own for somebody; signed in beforehand unless nobody is named. */
  browserOf: (role: Role | undefined, options?: BrowserContextOptions) => Promise<Page>;
  /** A short name of this test; what is made under it is removed when all tests have ended. */
  shortName: (label: string) => string;
  /** What no page may do; empty at the end of every story. */
  violations: string[];
}

interface Worker {
  inside: Inside;
}

export const test = playwrightTest.extend<Stories, Worker>({
  inside: [
    // Playwright reads the names of the fixtures out of this first parameter.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const inside = new Inside(urlsOf(variable("STEWARD_END2END_DATABASE")));
      await use(inside);
      await inside.close();
    },
    { scope: "worker" },
  ],
  baseURL: sharedUrl,
  // eslint-disable-next-line no-empty-pattern
  violations: async ({}, use) => {
    const violations: string[] = [];
    await use(violations);
    expect(violations, "violations of the content security policy, and uncaught errors").toEqual([]);
  },
  browserOf: async ({ browser, violations }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (role, options = {}) => {
      const context = await browser.newContext({ ...options, ...(role ? { storageState: sessionFile(role) } : {}) });
      contexts.push(context);
      await watch(context, violations);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  // eslint-disable-next-line no-empty-pattern
  shortName: async ({}, use) => {
    await use(shortNameFor);
  },
});

export { expect };

/** Notes what the pages of a browser may not do. */
export async function watch(context: BrowserContext, violations: string[]): Promise<void> {
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const ours = (url: string) => ports.includes(Number(new URL(url).port));
  context.on("console", (message) => {
    const url = message.page()?.url() ?? "";
    if (message.type() === "error" && /content security policy|securitypolicyviolation/i.test(message.text()) && url.startsWith("http") && ours(url)) {
      violations.push(`${url}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => {
    const url = error.page()?.url() ?? "";
    if (url.startsWith("http") && ours(url)) violations.push(`${url}: ${error.error().message}`);
  });
}
