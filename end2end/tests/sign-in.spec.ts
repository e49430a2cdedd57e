// Signing in and out, and what every answer carries for safety.
import type { BrowserContext, Page } from "@playwright/test";
import { sharedUrl } from "../harness/ports.ts";
import { answerKeycloak, signIn } from "../harness/staff.ts";
import { expect, test } from "../harness/story.ts";

async function expectFailed(page: Page, code: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: /^You are not signed in/ })).toBeVisible();
  await expect(page.getByRole("main").getByText(code).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
  // The request id is what Support is asked for.
  await expect(page.locator("dl.facts > div").filter({ hasText: "Request" }).locator("dd")).not.toBeEmpty();
}

const session = async (context: BrowserContext) => (await context.cookies(sharedUrl)).find((cookie) => cookie.name === "__Host-sid");

test("somebody who is not signed in is sent to Keycloak and comes back to the page they asked for", async ({ browserOf, inside }) => {
  const began = await inside.now();
  const page = await browserOf(undefined);
  await signIn(page, sharedUrl, "sre", "/runs?state=done");
  expect(page.url()).toBe(`${sharedUrl}/runs?state=done`);
  // Other stories sign in meanwhile, but none of them as this person.
  const entries = await inside.rows("select 1 from audit_intake where action = 'sign-in' and result = 'done' and actor_name = 'Site Reliability' and occurred_at >= $1", [began]);
  expect(entries.length).toBe(1);
});

test("the session's cookie is for this host only, and neither scripts nor other sites get it", async ({ browserOf, inside }) => {
  const page = await browserOf(undefined);
  await signIn(page, sharedUrl, "platform-ops");
  const cookie = await session(page.context());
  expect(cookie).toMatchObject({ name: "__Host-sid", httpOnly: true, secure: true, sameSite: "Lax", path: "/", domain: "localhost", expires: -1 });
  expect(await page.evaluate(() => document.cookie)).not.toContain("sid");
  const stored = await inside.rows("select 1 from session where encode(id_hash, 'escape') like '%' || $1 || '%'", [cookie?.value]);
  expect(stored.length, "the table does not hold the cookie's value").toBe(0);
  // No token reaches the browser: neither in cookies nor in storage nor in the page.
  const cookies = (await page.context().cookies(sharedUrl)).filter((each) => each.name.startsWith("__Host-"));
  for (const each of cookies) expect(each.value).not.toContain("eyJ");
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.documentElement.outerHTML)).not.toContain("eyJ");
});

test("an answer with a state that nobody here began shows its page", async ({ browserOf }) => {
  const page = await browserOf(undefined);
  const answer = await page.goto("/auth/callback?state=made-up&code=made-up&iss=elsewhere");
  expect(answer?.status()).toBe(400);
  await expectFailed(page, "AUTH-102");
});

test("an answer counts once: played again it shows its page, and opens no session", async ({ browserOf, inside }) => {
  const page = await browserOf(undefined);
  let callback = "";
  page.on("request", (request) => {
    if (request.url().startsWith(`${sharedUrl}/auth/callback`)) callback = request.url();
  });
  // A person of whom no other story opens a session.
  await signIn(page, sharedUrl, "compliance-officer");
  expect(callback).toContain("code=");
  const sessions = async () => (await inside.rows("select 1 from session where username = 'compliance-officer'")).length;
  const before = await sessions();
  expect(before).toBeGreaterThan(0);
  const answer = await page.goto(callback);
  expect(answer?.status()).toBe(400);
  await expectFailed(page, "AUTH-102");
  expect(await sessions()).toBe(before);

  // The same address in another browser is worth nothing either.
  const thief = await browserOf(undefined);
  await thief.goto(callback);
  await expectFailed(thief, "AUTH-102");
  expect(await session(thief.context())).toBeUndefined();
});

test("an answer that arrives in another browser than the one that asked opens no session", async ({ browserOf }) => {
  const asking = await browserOf(undefined);
  const begun = await asking.request.get("/auth/sign-in", { maxRedirects: 0 });
  const question = begun.headers()["location"] ?? "";
  expect(question).toContain("state=");
  // Somebody else answers it: state and code are right and were never used.
  const other = await browserOf(undefined);
  await other.goto(question);
  await answerKeycloak(other, "platform-ops");
  await expect(other).toHaveURL(/\/auth\/callback\?.*code=/);
  await expectFailed(other, "AUTH-102");
  expect(await session(other.context())).toBeUndefined();
});

test("nobody is sent to another site after signing in", async ({ browserOf }) => {
  // A browser of its own: signing in anew ends the session before it, which other tests may be using.
  const page = await browserOf(undefined);
  await signIn(page, sharedUrl, "devops");
  for (const elsewhere of ["https://example.com/", "//example.com/", "/\\example.com", "javascript:alert(1)"]) {
    // Keycloak knows this browser: it comes straight back.
    await page.goto(`/auth/sign-in?return_to=${encodeURIComponent(elsewhere)}`);
    await page.waitForURL((url) => url.origin === sharedUrl && !url.pathname.startsWith("/auth/"));
    expect(new URL(page.url()).pathname).toMatch(/^\/(tenants)?$/);
  }
});

for (const javaScriptEnabled of [true, false]) {
  test(`signing out ends Keycloak's session too, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({ browserOf, inside }) => {
    const page = await browserOf(undefined, { javaScriptEnabled });
    await signIn(page, sharedUrl, "support");
    const before = await session(page.context());
    await page.locator("header.top details.menu > summary").last().click();
    const [pressed] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST" && response.url().startsWith(sharedUrl)),
      page.getByRole("button", { name: "Sign out" }).first().click(),
    ]);
    await expect(page.getByRole("heading", { level: 1, name: "You are signed out" })).toBeVisible();
    await expect(page).toHaveURL(`${sharedUrl}/auth/signed-out`);

    // The old cookie, put back by hand, opens nothing.
    const old = await page.request.get("/tenants", { headers: { cookie: `__Host-sid=${before?.value}` }, maxRedirects: 0 });
    expect(old.status()).not.toBe(200);
    // The next sign-in asks for the password, and for the second factor.
    await page.goto("/tenants");
    const entry = page.locator('a[href^="/auth/sign-in"]').first();
    await expect(entry.or(page.locator("#password")).first()).toBeVisible();
    if (await entry.isVisible()) await entry.click();
    await expect(page.locator("#password")).toBeVisible();
    expect(await inside.entriesOf(pressed.headers()["x-request-id"])).toEqual([
      { action: "sign-out", result: "done", actor_name: expect.stringMatching(/Support/), code: null },
    ]);
  });
}

test("every page carries the headers, and a policy that lets nothing unsafe in", async ({ browserOf, inside }) => {
  const page = await browserOf("platform-ops");
  const tenant = await inside.rows<{ id: string }>("select id from tenant where created_by = 'seed' limit 1");
  const paths = ["/tenants", "/tenants/new", `/tenants/${tenant[0]?.id}`, "/runs", "/audit", "/account", "/auth/signed-out", "/no-such-page", "/auth/callback?state=x&code=y"];
  const nonces = new Set<string>();
  for (const path of paths) {
    await test.step(path, async () => {
      const answer = await page.goto(path);
      const headers = (await answer?.allHeaders()) ?? {};
      const policy = headers["content-security-policy"] ?? "";
      const directives = new Map(policy.split(";").map((directive) => {
        const [name, ...values] = directive.trim().split(/\s+/);
        return [name ?? "", values] as const;
      }));
      expect(directives.get("default-src")).toEqual(["'none'"]);
      expect(directives.get("frame-ancestors")).toEqual(["'none'"]);
      expect(directives.get("base-uri")).toEqual(["'none'"]);
      expect(policy).not.toContain("unsafe-inline");
      expect(policy.replaceAll("'wasm-unsafe-eval'", "")).not.toContain("unsafe-eval");
      expect(policy).not.toMatch(/data:|blob:|\*/);
      const nonce = directives.get("script-src")?.find((value) => value.startsWith("'nonce-")) ?? "";
      expect(nonce.length, "a nonce").toBeGreaterThan(20);
      expect(directives.get("style-src")).toEqual(["'self'", nonce]);
      expect(nonces.has(nonce), "a nonce of its own").toBe(false);
      nonces.add(nonce);
      expect(headers["strict-transport-security"]).toMatch(/max-age=\d{7,}/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["x-frame-options"] ?? "DENY").toBe("DENY");
      expect(headers["referrer-policy"]).toMatch(/no-referrer|same-origin|strict-origin/);
      expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
      expect(headers["cache-control"]).toContain("no-store");
      expect(headers["x-request-id"]).toBeTruthy();
      // No inline style, no inline script without the nonce.
      expect(await page.locator("[style]").count(), "style attributes").toBe(0);
    });
  }
});

test("a form from elsewhere is refused with an entry", async ({ browserOf, inside }) => {
  const page = await browserOf("platform-ops");
  for (const headers of [
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: sharedUrl, "sec-fetch-site": "cross-site" },
    { origin: "null", "sec-fetch-site": "same-origin" },
  ]) {
    const answer = await page.request.post("/tenants/new", { form: { name: "From elsewhere", short_name: "from-elsewhere", contact_email: "a@b.example" }, headers, maxRedirects: 0 });
    expect(answer.status()).toBe(403);
    expect(await inside.entriesOf(answer.headers()["x-request-id"])).toEqual([expect.objectContaining({ action: "request.refuse", result: "refused" })]);
  }
  expect((await inside.rows("select 1 from tenant where name = 'From elsewhere'")).length).toBe(0);
});
