// The Kubernetes API with the cluster administrator's kubeconfig.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { promisify } from "node:util";
import { variable } from "../harness/environment.ts";

const run = promisify(execFile);

export interface KubernetesObject {
  kind?: string;
  metadata: {
    name: string;
    uid?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    creationTimestamp?: string;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  items?: KubernetesObject[];
}

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

let connection: { server: string; agent: Agent } | undefined;

function connect(): { server: string; agent: Agent } {
  if (connection) return connection;
  // The stack writes its kubeconfigs as JSON, which is YAML too.
  const config = JSON.parse(readFileSync(variable("KUBECONFIG"), "utf8")) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (!cluster || !user) throw new Error("KUBECONFIG names no cluster or no user");
  const decoded = (text: string) => Buffer.from(text, "base64");
  connection = {
    server: cluster.server,
    agent: new Agent({
      ca: decoded(cluster["certificate-authority-data"]),
      cert: decoded(user["client-certificate-data"]),
      key: decoded(user["client-key-data"]),
    }),
  };
  return connection;
}

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const { server, agent } = connect();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, server),
      { method, agent, headers: body === undefined ? {} : { "content-type": "application/json" }, timeout: 20_000 },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }));
        answer.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`Kubernetes gave no answer to ${method} ${path}`)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function found(path: string): Promise<KubernetesObject | undefined> {
  const answer = await call("GET", path);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`Kubernetes answered ${answer.status} to GET ${path}`);
  return JSON.parse(answer.text) as KubernetesObject;
}

async function list(path: string): Promise<KubernetesObject[]> {
  return (await found(path))?.items ?? [];
}

export const namespace = (name: string) => found(`/api/v1/namespaces/${name}`);
export const namespaceNames = async () => (await list("/api/v1/namespaces")).map((each) => each.metadata.name);
export const quotas = (name: string) => list(`/api/v1/namespaces/${name}/resourcequotas`);
export const limitRanges = (name: string) => list(`/api/v1/namespaces/${name}/limitranges`);
export const networkPolicies = (name: string) => list(`/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`);

export const ingresses = (name: string) => list(`/apis/networking.k8s.io/v1/namespaces/${name}/ingresses`);

/** As the cluster's administrator at the keyboard; fails with what kubectl says. */
export async function kubectl(...words: string[]): Promise<string> {
  return (await run("kubectl", ["--kubeconfig", variable("KUBECONFIG"), ...words], { timeout: 60_000 })).stdout;
}

export async function createNamespace(name: string): Promise<void> {
  const answer = await call("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { team: "somebody-else" }, annotations: { note: "made by hand" } },
  });
  if (answer.status !== 201) throw new Error(`Kubernetes answered ${answer.status} to the creation of ${name}`);
}

/** Deletion goes on in the background: the namespace is gone some moments later. */
export async function removeNamespace(name: string): Promise<void> {
  const answer = await call("DELETE", `/api/v1/namespaces/${name}`);
  if (![200, 202, 404, 409].includes(answer.status)) throw new Error(`Kubernetes answered ${answer.status} to the removal of ${name}`);
}

/** The namespace and what Steward would put into it, byte for byte. */
export async function picture(name: string): Promise<string> {
  const paths = [
    `/api/v1/namespaces/${name}`,
    `/api/v1/namespaces/${name}/resourcequotas`,
    `/api/v1/namespaces/${name}/limitranges`,
    `/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`,
  ];
  const texts = await Promise.all(paths.map(async (path) => (await call("GET", path)).text));
  // A list carries the cluster's own resource version, which grows with everybody's changes.
  return texts.map((text, place) => (place === 0 ? text : JSON.stringify((JSON.parse(text) as KubernetesObject).items))).join("\n");
}
