// The wizard, as a person fills it in. The same code with and without JavaScript.
import { type Page, type Response, expect } from "@playwright/test";
import { contactOf } from "./api.ts";

export interface OrganisationTyped {
  name: string;
  shortName: string;
  contact: string;
  reseller?: string;
}

export function organisationOf(shortName: string): OrganisationTyped {
  return { name: `Story ${shortName}`, shortName, contact: contactOf(shortName) };
}

export class Wizard {
  constructor(readonly page: Page) {}

  /** From the list, by its button. */
  async begin(): Promise<void> {
    await this.page.getByRole("link", { name: "Onboard a tenant" }).first().click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Organisation" })).toBeVisible();
  }

  async fillOrganisation(typed: OrganisationTyped): Promise<void> {
    await this.page.getByRole("textbox", { name: "Name of the organisation" }).fill(typed.name);
    await this.page.getByRole("textbox", { name: "Short name" }).fill(typed.shortName);
    await this.page.getByRole("textbox", { name: "Contact e-mail address" }).fill(typed.contact);
    if (typed.reseller !== undefined) await this.page.getByLabel("Reseller").selectOption({ label: typed.reseller });
  }

  /** Presses a button that sends the form, and gives the answer to that POST once the page is there that it led to. */
  async send(button: string | RegExp): Promise<Response> {
    const [answer] = await Promise.all([
      this.page.waitForResponse((response) => response.request().method() === "POST" && response.request().isNavigationRequest()),
      // The answer comes before its page does, and a form that comes back has the same address: only this event tells the two apart.
      this.page.waitForEvent("framenavigated", (frame) => frame === this.page.mainFrame()),
      this.page.getByRole("main").getByRole("button", { name: button }).click(),
    ]);
    await this.page.waitForLoadState("domcontentloaded");
    return answer;
  }

  async continueToSettings(): Promise<void> {
    await this.send("Continue to domain and limits");
    await expect(this.page.getByRole("heading", { level: 1, name: "Domain and limits" })).toBeVisible();
  }

  async continueToReview(): Promise<void> {
    await this.send(/^Continue to review/);
    await expect(this.page.getByRole("heading", { level: 1, name: /^Review/ })).toBeVisible();
  }

  /** Both pages as they are proposed, up to the plan. */
  async toReview(typed: OrganisationTyped): Promise<void> {
    await this.page.goto("/tenants/new");
    await this.fillOrganisation(typed);
    await this.continueToSettings();
    await this.continueToReview();
  }

  get create() {
    return this.page.getByRole("main").getByRole("button", { name: /^Create / });
  }

  get problem() {
    return this.page.getByRole("alert");
  }
}

/** A form that came back says what is wrong at its top, has the focus there, links to each field, and repeats the words at the field. */
export async function expectProblems(page: Page, wrong: { field: string; words: RegExp }[]): Promise<void> {
  await expect(page).toHaveTitle(/^Error: /);
  const summary = page.getByRole("alert");
  await expect(summary).toBeVisible();
  await expect(summary).toBeFocused();
  await expect(summary.getByRole("link")).toHaveCount(wrong.length);
  for (const { field, words } of wrong) {
    await expect(summary.locator(`a[href="#${field}"]`)).toHaveText(words);
    const input = page.locator(`#${field}`);
    await expect(input).toHaveAttribute("aria-invalid", "true");
    const described = ((await input.getAttribute("aria-describedby")) ?? "").split(" ");
    const texts = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).innerText()));
    expect(texts.join(" ")).toMatch(words);
  }
  // A link of the summary goes to its field.
  const first = wrong[0];
  if (first) {
    await summary.locator(`a[href="#${first.field}"]`).click();
    await expect(page.locator(`#${first.field}`)).toBeFocused();
  }
}
