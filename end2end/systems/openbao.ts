// OpenBao with the operator's token.
import { variable } from "../harness/environment.ts";

async function call(method: string, path: string): Promise<Response> {
  return fetch(`${variable("VAULT_ADDR")}/v1/${path}`, { method, headers: { "x-vault-token": variable("VAULT_TOKEN") } });
}

async function found<T>(path: string): Promise<T | undefined> {
  const answer = await call("GET", path);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`OpenBao answered ${answer.status} to GET ${path}`);
  return ((await answer.json()) as { data: T }).data;
}

export interface KvMetadata {
  current_version: number;
  custom_metadata: Record<string, string> | null;
  versions: Record<string, unknown>;
}

export interface TransitKey {
  type: string;
  exportable: boolean;
  allow_plaintext_backup: boolean;
  deletion_allowed: boolean;
  keys: Record<string, unknown>;
}

export const secrets = (shortName: string) => found<{ data: Record<string, string> }>(`secret/data/tenants/${shortName}`);
export const secretsMetadata = (shortName: string) => found<KvMetadata>(`secret/metadata/tenants/${shortName}`);
export const policy = async (shortName: string) =>
  (await found<{ policy: string }>(`sys/policies/acl/tenant_${shortName}_policy`))?.policy;
export const transitKey = (shortName: string) => found<TransitKey>(`transit/keys/tenant-${shortName}`);

export async function removeTenant(shortName: string): Promise<void> {
  const key = await transitKey(shortName);
  if (key) {
    await fetch(`${variable("VAULT_ADDR")}/v1/transit/keys/tenant-${shortName}/config`, {
      method: "POST",
      headers: { "x-vault-token": variable("VAULT_TOKEN"), "content-type": "application/json" },
      body: JSON.stringify({ deletion_allowed: true }),
    });
    await removed(`transit/keys/tenant-${shortName}`);
  }
  await removed(`sys/policies/acl/tenant_${shortName}_policy`);
  await removed(`secret/metadata/tenants/${shortName}`);
}

async function removed(path: string): Promise<void> {
  const answer = await call("DELETE", path);
  if (!answer.ok && answer.status !== 404) throw new Error(`OpenBao answered ${answer.status} to DELETE ${path}`);
}
