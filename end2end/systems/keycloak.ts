// Keycloak's admin API with the administrator's account of each cluster: what the tests look at and clean up with, never what Steward
// uses.
import { setTimeout as pause } from "node:timers/promises";
import { variable } from "../harness/environment.ts";

type Json = Record<string, unknown>;

export interface Realm extends Json {
  realm: string;
  displayName?: string;
  attributes?: Record<string, string>;
  browserFlow?: string;
}

export interface Execution extends Json {
  providerId?: string;
  displayName?: string;
  requirement: string;
  level: number;
  authenticationFlow?: boolean;
}

export interface User extends Json {
  id: string;
  username: string;
  email?: string;
  requiredActions?: string[];
}

/** The clusters, by the names of Steward's cells. */
export type Cell = "main" | "eu";

const prefix: Record<Cell, string> = { main: "KEYCLOAK", eu: "KEYCLOAK_EU" };
const tokens: Partial<Record<Cell, { value: string; until: number }>> = {};

async function adminToken(cell: Cell): Promise<string> {
  // Tokens of realm master live for 60 s.
  const kept = tokens[cell];
  if (kept && kept.until > Date.now()) return kept.value;
  const answer = await fetch(`${variable(`${prefix[cell]}_URL`)}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: variable("KEYCLOAK_ADMIN_USER"),
      password: variable(`${prefix[cell]}_ADMIN_PASSWORD`),
    }),
  });
  if (!answer.ok) throw new Error(`Keycloak gave the administrator no token: ${answer.status}`);
  const body = (await answer.json()) as { access_token: string };
  tokens[cell] = { value: body.access_token, until: Date.now() + 40_000 };
  return body.access_token;
}

/** How long a call is repeated that Keycloak did not get through. */
const PATIENCE_MS = 10_000;

/**
 * Calls until Keycloak gets through with it. Every realm hangs its roles on one role of realm master, so of two that are made or
 * removed in the same moment Keycloak gives up one, with 500 or 409, and takes back what it did. That is no finding about Steward.
 */
async function call(method: string, path: string, body?: unknown, cell: Cell = "main"): Promise<Response> {
  const end = performance.now() + PATIENCE_MS;
  for (let wait = 100; ; wait = Math.min(2 * wait, 1000)) {
    const headers: Record<string, string> = { authorization: `Bearer ${await adminToken(cell)}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const request: RequestInit = { method, headers };
    if (body !== undefined) request.body = JSON.stringify(body);
    const answer = await fetch(`${variable(`${prefix[cell]}_URL`)}/admin/realms${path}`, request);
    const gaveUp = answer.status >= 500 || answer.status === 409;
    if (!gaveUp || performance.now() > end) return answer;
    await answer.body?.cancel();
    await pause(wait);
  }
}

async function found<T>(path: string, cell: Cell = "main"): Promise<T | undefined> {
  const answer = await call("GET", path, undefined, cell);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to GET ${path}`);
  return (await answer.json()) as T;
}

async function present<T>(path: string, cell: Cell = "main"): Promise<T> {
  const value = await found<T>(path, cell);
  if (value === undefined) throw new Error(`Keycloak has no ${path}`);
  return value;
}

export const realm = (name: string, cell: Cell = "main") => found<Realm>(`/${name}`, cell);
export const roles = async (name: string) => (await present<{ name: string }[]>(`/${name}/roles`)).map((role) => role.name);
export const executions = (name: string, flow: string) =>
  present<Execution[]>(`/${name}/authentication/flows/${encodeURIComponent(flow)}/executions`);
export const requiredAction = (name: string, alias: string) =>
  present<{ enabled: boolean; defaultAction: boolean }>(`/${name}/authentication/required-actions/${alias}`);
export const users = (name: string) => present<User[]>(`/${name}/users`);
export const rolesOf = async (name: string, user: string) =>
  (await present<{ name: string }[]>(`/${name}/users/${user}/role-mappings/realm`)).map((role) => role.name);
export const adminEvents = (name: string) => present<{ operationType: string; resourcePath: string }[]>(`/${name}/admin-events?max=500`);
export const realmNames = async () => {
  const all = await Promise.all((["main", "eu"] as const).map((cell) => present<{ realm: string }[]>("?briefRepresentation=true", cell)));
  return all.flat().map((each) => each.realm);
};

export async function createRealm(representation: Realm): Promise<void> {
  const answer = await call("POST", "", representation);
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to the creation of realm ${representation.realm}`);
}

/** Wherever it is. */
export async function removeRealm(name: string): Promise<void> {
  for (const cell of ["main", "eu"] as const) {
    const answer = await call("DELETE", `/${name}`, undefined, cell);
    if (!answer.ok && answer.status !== 404) throw new Error(`Keycloak (${cell}) answered ${answer.status} to the removal of realm ${name}`);
  }
}

/** The whole realm as Keycloak exports it, as text: for comparing before and after. */
export async function picture(name: string): Promise<string> {
  const answer = await call("POST", `/${name}/partial-export?exportClients=true&exportGroupsAndRoles=true`);
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to the export of realm ${name}`);
  return `${await answer.text()}\n${JSON.stringify(await users(name))}`;
}
