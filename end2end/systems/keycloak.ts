// Keycloak's admin API with the administrator's account: what the tests look at and clean up with, never what Steward uses.
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

let token: { value: string; until: number } | undefined;

async function adminToken(): Promise<string> {
  // Tokens of realm master live for 60 s.
  if (token && token.until > Date.now()) return token.value;
  const answer = await fetch(`${variable("KEYCLOAK_URL")}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: variable("KEYCLOAK_ADMIN_USER"),
      password: variable("KEYCLOAK_ADMIN_PASSWORD"),
    }),
  });
  if (!answer.ok) throw new Error(`Keycloak gave the administrator no token: ${answer.status}`);
  const body = (await answer.json()) as { access_token: string };
  token = { value: body.access_token, until: Date.now() + 40_000 };
  return token.value;
}

/** How long a call is repeated that Keycloak did not get through. */
const PATIENCE_MS = 10_000;

/**
 * Calls until Keycloak gets through with it. Every realm hangs its roles on one role of realm master, so of two that are made or
 * removed in the same moment Keycloak gives up one, with 500 or 409, and takes back what it did. That is no finding about Steward.
 */
async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const end = performance.now() + PATIENCE_MS;
  for (let wait = 100; ; wait = Math.min(2 * wait, 1000)) {
    const headers: Record<string, string> = { authorization: `Bearer ${await adminToken()}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const request: RequestInit = { method, headers };
    if (body !== undefined) request.body = JSON.stringify(body);
    const answer = await fetch(`${variable("KEYCLOAK_URL")}/admin/realms${path}`, request);
    const gaveUp = answer.status >= 500 || answer.status === 409;
    if (!gaveUp || performance.now() > end) return answer;
    await answer.body?.cancel();
    await pause(wait);
  }
}

async function found<T>(path: string): Promise<T | undefined> {
  const answer = await call("GET", path);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to GET ${path}`);
  return (await answer.json()) as T;
}

async function present<T>(path: string): Promise<T> {
  const value = await found<T>(path);
  if (value === undefined) throw new Error(`Keycloak has no ${path}`);
  return value;
}

export const realm = (name: string) => found<Realm>(`/${name}`);
export const roles = async (name: string) => (await present<{ name: string }[]>(`/${name}/roles`)).map((role) => role.name);
export const executions = (name: string, flow: string) =>
  present<Execution[]>(`/${name}/authentication/flows/${encodeURIComponent(flow)}/executions`);
export const requiredAction = (name: string, alias: string) =>
  present<{ enabled: boolean; defaultAction: boolean }>(`/${name}/authentication/required-actions/${alias}`);
export const users = (name: string) => present<User[]>(`/${name}/users`);
export const rolesOf = async (name: string, user: string) =>
  (await present<{ name: string }[]>(`/${name}/users/${user}/role-mappings/realm`)).map((role) => role.name);
export const adminEvents = (name: string) => present<{ operationType: string; resourcePath: string }[]>(`/${name}/admin-events?max=500`);
export const realmNames = async () => (await present<{ realm: string }[]>("?briefRepresentation=true")).map((each) => each.realm);

export async function createRealm(representation: Realm): Promise<void> {
  const answer = await call("POST", "", representation);
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to the creation of realm ${representation.realm}`);
}

export async function removeRealm(name: string): Promise<void> {
  const answer = await call("DELETE", `/${name}`);
  if (!answer.ok && answer.status !== 404) throw new Error(`Keycloak answered ${answer.status} to the removal of realm ${name}`);
}

/** The whole realm as Keycloak exports it, as text: for comparing before and after. */
export async function picture(name: string): Promise<string> {
  const answer = await call("POST", `/${name}/partial-export?exportClients=true&exportGroupsAndRoles=true`);
  if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to the export of realm ${name}`);
  return `${await answer.text()}\n${JSON.stringify(await users(name))}`;
}
