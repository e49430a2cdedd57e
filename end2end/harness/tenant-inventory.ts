// What a tenant must have in each real system after its onboarding, looked up by each system's own API.
import { expect } from "@playwright/test";
import * as grafana from "../systems/grafana.ts";
import * as keycloak from "../systems/keycloak.ts";
import * as kubernetes from "../systems/kubernetes.ts";
import { messagesTo } from "../systems/mail.ts";
import * as openbao from "../systems/openbao.ts";

export interface Expected {
  shortName: string;
  tenantId: string;
  name: string;
  contact: string;
  cpu: number;
  memoryGib: number;
  storageGib: number;
  gpu: number;
}

export async function expectKubernetes(of: Expected): Promise<void> {
  const name = `tenant-${of.shortName}`;
  const namespace = await kubernetes.namespace(name);
  expect(namespace?.metadata.labels?.["steward.inosec.com/tenant-id"], "the namespace's mark").toBe(of.tenantId);

  const quotas = await kubernetes.quotas(name);
  expect(quotas, "resource quotas").toHaveLength(1);
  expect(quotas[0]?.spec?.["hard"]).toEqual({
    "requests.cpu": String(of.cpu),
    "requests.memory": `${of.memoryGib}Gi`,
    "requests.storage": `${of.storageGib}Gi`,
    "requests.nvidia.com/gpu": String(of.gpu),
  });

  const ranges = await kubernetes.limitRanges(name);
  expect(ranges, "limit ranges").toHaveLength(1);
  expect(ranges[0]?.spec?.["limits"]).toEqual([
    { type: "Container", default: { cpu: "500m", memory: "512Mi" }, defaultRequest: { cpu: "250m", memory: "256Mi" } },
  ]);

  const policies = await kubernetes.networkPolicies(name);
  expect(policies, "network policies").toHaveLength(1);
  const policy = policies[0]?.spec as { podSelector: object; policyTypes: string[]; ingress?: unknown[]; egress?: { ports: { port: number }[] }[] };
  expect(policy.podSelector, "the network policy is for every pod").toEqual({});
  expect(policy.policyTypes.toSorted()).toEqual(["Egress", "Ingress"]);
  expect(policy.ingress ?? [], "nothing comes in").toEqual([]);
  expect((policy.egress ?? []).flatMap((rule) => rule.ports.map((port) => port.port)), "only names are asked for").toEqual([53, 53]);
}

export async function expectKeycloak(of: Expected): Promise<void> {
  const realm = await keycloak.realm(of.shortName);
  expect(realm, "the realm").toMatchObject({
    enabled: true,
    displayName: of.name,
    bruteForceProtected: true,
    accessTokenLifespan: 900,
    ssoSessionIdleTimeout: 7200,
    eventsEnabled: true,
    adminEventsEnabled: true,
    adminEventsDetailsEnabled: true,
  });
  expect(realm?.attributes?.["steward.tenant_id"], "the realm's mark").toBe(of.tenantId);
  expect(realm?.["passwordPolicy"]).toMatch(/length\(12\).*upperCase\(1\).*digits\(1\).*argon2/);
  expect(await keycloak.roles(of.shortName)).toEqual(expect.arrayContaining(["tenant-admin", "tenant-manager", "tenant-user", "tenant-auditor"]));

  // Nobody gets in with a password alone: the bound flow requires the password and then a second factor, a key or a code.
  const flow = realm?.browserFlow ?? "";
  expect(flow, "the flow bound to the realm is not Keycloak's own").not.toBe("browser");
  const lines = (await keycloak.executions(of.shortName, flow)).map(
    (line) => `${"  ".repeat(line.level)}${line.authenticationFlow ? line.displayName : line.providerId} ${line.requirement}`,
  );
  expect(lines).toEqual([
    "auth-cookie ALTERNATIVE",
    "identity-provider-redirector ALTERNATIVE",
    "browser-second-factor-forms ALTERNATIVE",
    "  auth-username-password-form REQUIRED",
    "  second-factor REQUIRED",
    "    webauthn-authenticator ALTERNATIVE",
    "    one-time-code-or-enrol ALTERNATIVE",
    "      auth-otp-form REQUIRED",
  ]);
  expect(await keycloak.requiredAction(of.shortName, "CONFIGURE_TOTP")).toMatchObject({ enabled: true, defaultAction: true });

  const people = await keycloak.users(of.shortName);
  expect(people.map((person) => person.email), "the first administrator, and nobody else").toEqual([of.contact]);
  const administrator = people[0];
  expect(administrator?.requiredActions?.toSorted()).toEqual(["CONFIGURE_TOTP", "UPDATE_PASSWORD", "VERIFY_EMAIL"]);
  expect(await keycloak.rolesOf(of.shortName, administrator?.id ?? "")).toContain("tenant-admin");
}

export async function expectOpenBao(of: Expected): Promise<void> {
  expect((await openbao.secrets(of.shortName))?.data["tenant_id"], "the KV path").toBe(of.tenantId);
  const metadata = await openbao.secretsMetadata(of.shortName);
  expect(metadata?.custom_metadata?.["steward_tenant_id"], "the KV path's mark").toBe(of.tenantId);
  expect(Object.keys(metadata?.versions ?? {}), "versions of the KV path").toEqual(["1"]);

  const policy = (await openbao.policy(of.shortName)) ?? "";
  expect(policy).toContain(`path "secret/data/tenants/${of.shortName}"`);
  expect(policy).toContain(`path "transit/encrypt/tenant-${of.shortName}"`);
  expect(policy.match(/path "/g)?.length, "paths in the policy").toBe(6);
  expect(policy, "nothing of other tenants").not.toMatch(/tenants\/\*|tenants\/\+|path "\*"/);

  const key = await openbao.transitKey(of.shortName);
  expect(key).toMatchObject({ type: "aes256-gcm96", exportable: false, allow_plaintext_backup: false });
  expect(Object.keys(key?.keys ?? {}), "versions of the transit key").toEqual(["1"]);
}

export async function expectGrafana(of: Expected): Promise<void> {
  const namespace = `tenant-${of.shortName}`;
  const folders = await grafana.folders(of.shortName);
  expect(folders, "folders").toHaveLength(1);
  const prometheus = await grafana.datasource(`${namespace}-prometheus`);
  expect(prometheus).toMatchObject({ type: "prometheus", jsonData: { stewardTenantId: of.tenantId } });
  const loki = await grafana.datasource(`${namespace}-loki`);
  expect(loki).toMatchObject({ type: "loki", jsonData: { stewardTenantId: of.tenantId } });
  expect(loki, "Loki is asked for the namespace's logs only").toMatchObject({ jsonData: { httpHeaderName1: "X-Scope-OrgID" }, secureJsonFields: { httpHeaderValue1: true } });
  const dashboard = await grafana.dashboard(namespace);
  expect(dashboard?.meta.folderUid, "the dashboard lies in the folder").toBe(folders[0]?.uid);
  const questions = dashboard?.dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr)) ?? [];
  expect(questions.length).toBeGreaterThan(0);
  for (const question of questions) expect(question, "every panel asks about this namespace only").toContain(`namespace="${namespace}"`);
}

/** The link of the one invitation. */
export async function expectInvitation(of: Expected): Promise<string> {
  // Steward's own mails go to the same address.
  const links = (await messagesTo(of.contact)).flatMap((message) => message.text.match(/https?:\/\/\S+action-token\S+/)?.[0] ?? []);
  expect(links, "invitations").toHaveLength(1);
  const link = links[0];
  expect(link, "the link in the invitation").toContain(`/realms/${of.shortName}/`);
  return link ?? "";
}

/** Every object exists, once, as wanted. Gives the link of the invitation. */
export async function expectEverything(of: Expected): Promise<string> {
  await expectKubernetes(of);
  await expectKeycloak(of);
  await expectOpenBao(of);
  await expectGrafana(of);
  return expectInvitation(of);
}

/** Nothing of that short name is in any system but in those named. */
export async function expectNothing(shortName: string, but: ("keycloak" | "kubernetes")[] = []): Promise<void> {
  if (!but.includes("kubernetes")) expect(await kubernetes.namespace(`tenant-${shortName}`), "namespace").toBeUndefined();
  if (!but.includes("keycloak")) for (const cell of ["main", "eu"] as const) expect(await keycloak.realm(shortName, cell), `realm in ${cell}`).toBeUndefined();
  expect(await openbao.secrets(shortName), "secrets").toBeUndefined();
  expect(await openbao.policy(shortName), "policy").toBeUndefined();
  expect(await openbao.transitKey(shortName), "transit key").toBeUndefined();
  expect(await grafana.folders(shortName), "folders").toEqual([]);
  expect(await grafana.dashboard(`tenant-${shortName}`), "dashboard").toBeUndefined();
}
