// The branding of a tenant: a colour that cannot be read is refused, the nearest that can is a press away, and what was agreed to
// reaches the realm. With and without JavaScript; with it the preview follows what is typed.
import { onboard, until } from "../harness/api.ts";
import { sharedUrl } from "../harness/ports.ts";
import { expect, test } from "../harness/story.ts";
import { expectDone, runAddress } from "../harness/timeline.ts";
import { expectProblems } from "../harness/wizard.ts";
import * as keycloak from "../systems/keycloak.ts";
import type { Page } from "@playwright/test";

const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><script>document.title = "run"</script><path fill="#fff" d="M12 3 22 21h-5.5l-4.5-8.5L7.5 21H2z"/></svg>`;
const press = (page: Page, name: string | RegExp) => page.getByRole("main").getByRole("button", { name, exact: true }).last().click();
const primary = (page: Page) => page.getByRole("textbox", { name: "Primary colour", exact: true });
const preview = (page: Page) => page.locator("#preview");
const background = (page: Page, selector: string) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).backgroundColor);

for (const javaScriptEnabled of [true, false]) {
  test(`a refused contrast, then a good one, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({ browserOf, shortName, inside }) => {
    test.setTimeout(180_000);
    const name = shortName(javaScriptEnabled ? "look" : "looknojs");
    const tenant = await onboard(sharedUrl, name);
    await until("the run is done", async () => (await inside.run(name))?.state === "done");
    const page = await browserOf("platform-ops", { javaScriptEnabled });
    await page.goto(`/tenants/${tenant}/branding`);
    await expect(page.locator("header.head .status")).toHaveText("Defaults in use");

    await test.step("yellow is refused under white text, and the nearest that passes is offered and shown", async () => {
      await primary(page).fill("#F2B705");
      await press(page, "Save branding");
      await expectProblems(page, [{ field: "primary", words: /White text on #F2B705 reaches 1\.8 to 1\. Take a darker colour\./ }]);
      await expect(primary(page)).toHaveValue("#F2B705");
      expect(new URL(page.url()).search, "nothing of what was typed is in the URL").toBe("");
      await expect(preview(page).getByRole("heading", { name: "Preview with #967103" })).toBeVisible();
      expect(await background(page, ".p-light > header")).toBe("rgb(150, 113, 3)");
    });

    await test.step("the offer is taken, with a logo made safe beside it", async () => {
      await page.getByLabel("Logo", { exact: true }).setInputFiles({ name: "acme-mark.svg", mimeType: "image/svg+xml", buffer: Buffer.from(mark) });
      await press(page, "Use #967103");
      await expect(page.getByText("Uploaded: acme-mark.svg, 1 KB, made safe: 1 part removed.")).toBeVisible();
      await expect(primary(page)).toHaveValue("#967103");
      await expect(page.locator("header.head .chips")).toHaveText("Unsaved changes");
      // The image is really drawn.
      await expect.poll(() => page.locator(".p-light img").first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    });

    await test.step("saving leads to the review, the review to the run, the run to the realm", async () => {
      await press(page, "Save branding");
      await expect(page).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
      await expect(page.getByText("#967103").first()).toBeVisible();
      await press(page, "Apply branding");
      await expect(page).toHaveURL(runAddress);
      await expectDone(page);
      const attributes = (await keycloak.realm(name))?.attributes ?? {};
      expect(attributes["steward.theme.primary"]).toBe("#967103");
      expect(attributes["steward.theme.logo"]).toMatch(/^http.*\/logos\/[0-9a-f]{64}$/);
      const logo = await page.request.get(attributes["steward.theme.logo"] ?? "");
      expect(logo.headers()["content-type"]).toBe("image/svg+xml");
      expect(await logo.text()).not.toContain("script");
    });

    await test.step("the version is there, and can be compared with what was before", async () => {
      await page.goto(`/tenants/${tenant}/branding`);
      await expect(page.locator("header.head .status")).toHaveText("Version 1 in use");
      await page.getByRole("table").getByRole("link", { name: "Compare" }).click();
      await expect(page.locator(".diff ins").first()).toHaveText("#967103");
    });
  });
}

test("the preview follows what is typed, by the server's own word, and nothing is kept", async ({ browserOf, shortName, inside }) => {
  const name = shortName("live");
  const tenant = await onboard(sharedUrl, name);
  await until("the run is done", async () => (await inside.run(name))?.state === "done");
  const page = await browserOf("platform-ops");
  await page.goto(`/tenants/${tenant}/branding`);
  await expect(page.getByLabel("Pick primary colour")).toBeVisible();
  await primary(page).fill("#1F4E79");
  await expect.poll(() => background(page, ".p-light > header")).toBe("rgb(31, 78, 121)");
  await expect(page.locator("header.head .chips")).toHaveText("Unsaved changes");
  await primary(page).fill("#F2B705");
  await expect(page.locator(".field.wrong .err")).toContainText("reaches 1.8 to 1");
  await expect(primary(page)).toBeFocused();
  await expect(page.getByRole("button", { name: "Use #967103" })).toBeVisible();
  await primary(page).fill("#967103");
  await expect(page.locator(".field.wrong")).toHaveCount(0);
  await page.getByRole("radio", { name: "Always light" }).check();
  await expect(page.locator(".p-dark")).toHaveCount(0);
  expect(await inside.rows("select 1 from change where tenant_id = $1", [tenant])).toEqual([]);
});
