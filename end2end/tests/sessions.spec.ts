// A session ends 15 minutes after the last click. Whoever is still there is asked in time, and loses nothing.
import { sharedUrl } from "../harness/ports.ts";
import { clickedJustNow, letPass } from "../harness/session.ts";
import { signIn } from "../harness/staff.ts";
import { expect, test } from "../harness/story.ts";

const MINUTE = 60;

test("a person is warned 2 minutes before the session ends, stays signed in by a press, and is told when it has ended", async ({ browserOf, inside }) => {
  const page = await browserOf(undefined);
  await signIn(page, sharedUrl, "platform-ops");
  await page.clock.install();
  await page.goto("/tenants/new", { waitUntil: "networkidle" });
  const name = page.getByRole("textbox", { name: "Name of the organisation" });
  await name.fill("Orchard Legal");
  const warning = page.getByText("Your session ends in");
  const stay = page.getByRole("button", { name: "Stay signed in" });

  await letPass(page, inside, 11 * MINUTE);
  await expect(warning, "nobody is warned early").toHaveCount(0);
  await letPass(page, inside, 2 * MINUTE + 10);
  await expect(warning).toBeVisible();
  await expect(page.getByText("What you typed stays on this page")).toBeVisible();

  await test.step("staying keeps it: on the page, and at the server", async () => {
    expect(await clickedJustNow(page, inside)).toBe(false);
    await stay.click();
    await expect(warning).toHaveCount(0);
    expect(await clickedJustNow(page, inside)).toBe(true);
    await expect(name).toHaveValue("Orchard Legal");
    await letPass(page, inside, 11 * MINUTE);
    await expect(warning, "15 minutes begin again").toHaveCount(0);
  });

  await test.step("whoever does not press is told that it has ended, and has the text still", async () => {
    await letPass(page, inside, 2 * MINUTE + 10);
    await expect(warning).toBeVisible();
    await letPass(page, inside, 3 * MINUTE);
    await expect(page.getByText("Your session has ended")).toBeVisible();
    await expect(stay).toHaveCount(0);
    await expect(name).toHaveValue("Orchard Legal");
    const looked = await page.request.get("/tenants", { maxRedirects: 0 });
    expect(looked.status(), "it has").toBe(303);
    expect(looked.headers()["location"]).toContain("/auth/sign-in");
  });
});
