// The session of a browser, as the server's table has it: ended, or older than it is.
import type { Page } from "@playwright/test";
import { createHash } from "node:crypto";
import type { Inside } from "./database.ts";

/** The key of its row: the table has the SHA-256 of the cookie's value. */
async function keyOf(page: Page): Promise<Buffer> {
  const cookie = (await page.context().cookies(page.url())).find((each) => each.name === "__Host-sid");
  if (!cookie) throw new Error("this browser has no session");
  return createHash("sha256").update(cookie.value).digest();
}

/** Ends it behind the person's back. */
export async function endSession(page: Page, inside: Inside): Promise<void> {
  const ended = await inside.rows("delete from session where id_hash = $1 returning 1", [await keyOf(page)]);
  if (ended.length !== 1) throw new Error("the session was over already");
}

/** Lets so much time pass without a click: for the page's script, whose clock must be installed, and for the server. */
export async function letPass(page: Page, inside: Inside, seconds: number): Promise<void> {
  await inside.rows("update session set seen_at = seen_at - make_interval(secs => $2) where id_hash = $1", [await keyOf(page), seconds]);
  await page.clock.fastForward(seconds * 1000);
}

/** Whether the server noted a click within the last minute. */
export async function clickedJustNow(page: Page, inside: Inside): Promise<boolean> {
  return (await inside.rows("select 1 from session where id_hash = $1 and seen_at > now() - interval '1 minute'", [await keyOf(page)])).length === 1;
}
