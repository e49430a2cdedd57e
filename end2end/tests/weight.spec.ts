// What a first visit costs, as it comes over the wire. Chromium counts the bytes, headers included.
import type { Page } from "@playwright/test";
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";

const KB = 1000;

interface Load {
  bytes: number;
  requests: { path: string; bytes: number; type: string }[];
}

/** Loads a page in a browser that was never here, and waits until nothing more comes. */
async function firstLoad(page: Page, path: string): Promise<Load> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.setCacheDisabled", { cacheDisabled: false });
  await cdp.send("Network.clearBrowserCache");
  const requests = new Map<string, Load["requests"][number]>();
  let last = performance.now();
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    last = performance.now();
    requests.set(requestId, { path: new URL(response.url).pathname, bytes: 0, type: response.mimeType });
  });
  // An event stream never ends: what came of it so far counts as it comes.
  cdp.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
    last = performance.now();
    const request = requests.get(requestId);
    if (request) request.bytes += encodedDataLength;
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    last = performance.now();
    const request = requests.get(requestId);
    if (request) request.bytes = Math.max(request.bytes, encodedDataLength);
  });
  await page.goto(path, { waitUntil: "load" });
  // The islands' files are asked for after that, later the more there is to do beside this.
  await until("nothing more comes", async () => performance.now() - last > 1500, 30_000);
  const all = [...requests.values()];
  return { bytes: all.reduce((sum, request) => sum + request.bytes, 0), requests: all };
}

function describe(path: string, load: Load): void {
  test.info().annotations.push({
    type: "figures",
    description: `${path}: ${(load.bytes / KB).toFixed(1)} kB in ${load.requests.length} requests: ${load.requests.map((request) => `${request.path} ${(request.bytes / KB).toFixed(1)}`).join(", ")}`,
  });
}

test("pages without islands: at most 60 kB and 8 requests, and no WebAssembly", async ({ browserOf, inside }) => {
  const tenant = await inside.rows<{ id: string }>("select id from tenant where created_by = 'seed' and name = 'Ledger House 01'");
  for (const path of ["/tenants", `/tenants/${tenant[0]?.id}`, `/tenants/${tenant[0]?.id}/branding`, "/runs", "/audit", "/account", "/auth/signed-out"]) {
    await test.step(path, async () => {
      const load = await firstLoad(await browserOf("platform-ops"), path);
      describe(path, load);
      expect.soft(load.requests.filter((request) => request.type === "application/wasm"), `${path}: WebAssembly`).toEqual([]);
      expect.soft(load.requests.length, `${path}: requests`).toBeLessThanOrEqual(8);
      expect.soft(load.bytes, `${path}: bytes`).toBeLessThanOrEqual(60 * KB);
    });
  }
});

test("pages with islands: at most 150 kB, WebAssembly included", async ({ browserOf, shortName, inside }) => {
  const name = shortName("weight");
  const tenantId = await onboard(sharedUrl, name);
  const run = await until("the run is there", () => inside.run(name));
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  for (const path of ["/tenants/new", `/tenants/${tenantId}/runs/${run.number}`]) {
    await test.step(path, async () => {
      const load = await firstLoad(await browserOf("platform-ops"), path);
      describe(path, load);
      // A debug build of the browser's part is several times as large: the figure is that of the release build.
      expect.soft(load.requests.some((request) => request.type === "application/wasm"), `${path}: WebAssembly`).toBe(true);
      expect.soft(load.bytes, `${path}: bytes`).toBeLessThanOrEqual(150 * KB);
    });
  }
});

test("files never change under their names: browsers keep them", async ({ browserOf }) => {
  const page = await browserOf("platform-ops");
  const kept: string[] = [];
  page.on("response", (response) => {
    if (new URL(response.url()).pathname.startsWith("/pkg/")) kept.push(`${response.status()} ${response.headers()["cache-control"] ?? ""}`);
  });
  await page.goto("/tenants/new", { waitUntil: "networkidle" });
  expect(kept.length).toBeGreaterThan(1);
  for (const each of kept) expect(each).toMatch(/^200 .*immutable/);
});
