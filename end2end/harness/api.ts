// The REST API, called as the platform's automation calls it: with a token of the client that the stack made ready.
import { setTimeout as pause } from "node:timers/promises";
import { variable } from "./environment.ts";

let token: { value: string; until: number } | undefined;

export async function bearer(): Promise<string> {
  if (token && token.until > Date.now()) return token.value;
  const answer = await fetch(variable("STEWARD_TOKEN_URL"), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: variable("STEWARD_CLIENT_ID"),
      client_secret: variable("STEWARD_CLIENT_SECRET"),
    }),
  });
  if (!answer.ok) throw new Error(`Keycloak gave the API client no token: ${answer.status}`);
  const body = (await answer.json()) as { access_token: string; expires_in: number };
  token = { value: body.access_token, until: Date.now() + (body.expires_in - 30) * 1000 };
  return token.value;
}

export interface Created {
  tenant_id: string;
  status: string;
}

export interface Wish {
  name: string;
  domain: string;
  contact_email: string;
}

export function wishFor(shortName: string): Wish {
  return { name: `Story ${shortName}`, domain: `${shortName}.inosec.com`, contact_email: contactOf(shortName) };
}

export function contactOf(shortName: string): string {
  return `admin@${shortName}.example.com`;
}

export async function get(steward: string, path: string): Promise<Response> {
  return fetch(`${steward}${path}`, { headers: { authorization: `Bearer ${await bearer()}` } });
}

export async function createTenant(steward: string, wish: Wish, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${steward}/v2/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${await bearer()}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(wish),
  });
}

/** Creates a tenant and gives its id. */
export async function onboard(steward: string, shortName: string): Promise<string> {
  const answer = await createTenant(steward, wishFor(shortName));
  if (answer.status !== 201) throw new Error(`POST /v2/tenants answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as Created).tenant_id;
}

/** Changes settings of a tenant, whatever its version: the run has begun. */
export async function change(steward: string, tenantId: string, settings: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${steward}/v2/tenants/${tenantId}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${await bearer()}`, "content-type": "application/json", "if-match": "*" },
    body: JSON.stringify(settings),
  });
  if (answer.status !== 202) throw new Error(`PATCH /v2/tenants answered ${answer.status}: ${await answer.text()}`);
}

/** Asks again and again until `holds` gives something, or says what was last seen. */
export async function until<T>(what: string, holds: () => Promise<T | undefined | false>, milliseconds = 60_000, every = 150): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const value = await holds();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
    await pause(every);
  }
}
