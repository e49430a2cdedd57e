// The server that most tests share. The set-up starts it in Playwright's own process, so that it outlives failing workers.
import type { StewardProcess } from "./steward-process.ts";

export const shared: { process?: StewardProcess } = {};
