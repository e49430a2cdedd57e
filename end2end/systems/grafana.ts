// Grafana's stand-in: Grafana's own API with the administrator's token, and the listener that takes orders to fail.
import { variable } from "../harness/environment.ts";

interface Fault {
  /** Method and beginning of the path. */
  match: string;
  status?: number;
  count?: number;
  delay_ms?: number;
  /** Whether the call is carried out all the same: the answer is lost, the effect is not. */
  apply?: boolean;
}

export interface Hit {
  uid: string;
  title: string;
  type: string;
  folderUid?: string;
}

export interface Datasource {
  uid: string;
  name: string;
  type: string;
  url: string;
  jsonData: Record<string, unknown>;
}

export interface DashboardAnswer {
  meta: { folderUid: string; folderTitle: string };
  dashboard: { uid: string; title: string; tags: string[]; panels: { title: string; targets: { expr: string }[] }[] };
}

async function call(method: string, path: string): Promise<Response> {
  return fetch(`${variable("GRAFANA_URL")}${path}`, { method, headers: { authorization: `Bearer ${variable("GRAFANA_TOKEN")}` } });
}

async function found<T>(path: string): Promise<T | undefined> {
  const answer = await call("GET", path);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`Grafana answered ${answer.status} to GET ${path}`);
  return (await answer.json()) as T;
}

export async function folders(shortName: string): Promise<Hit[]> {
  const title = `tenant-${shortName}`;
  const hits = (await found<Hit[]>(`/api/search?type=dash-folder&query=${title}`)) ?? [];
  return hits.filter((hit) => hit.title === title);
}

export const datasource = (name: string) => found<Datasource>(`/api/datasources/name/${name}`);
export const dashboard = (uid: string) => found<DashboardAnswer>(`/api/dashboards/uid/${uid}`);

export async function removeTenant(shortName: string): Promise<void> {
  for (const kind of ["prometheus", "loki"]) {
    const source = await datasource(`tenant-${shortName}-${kind}`);
    if (source) await call("DELETE", `/api/datasources/uid/${source.uid}`);
  }
  await call("DELETE", `/api/dashboards/uid/tenant-${shortName}`);
  for (const folder of await folders(shortName)) await call("DELETE", `/api/folders/${folder.uid}`);
}

async function order(method: string, body?: Fault): Promise<void> {
  const request: RequestInit = { method };
  if (body) {
    request.headers = { "content-type": "application/json" };
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(`${variable("STANDINS_CONTROL_URL")}/faults`, request);
  if (!answer.ok) throw new Error(`The stand-in did not take the order to fail: ${answer.status}`);
}

export const fail = (fault: Fault) => order("POST", fault);
export const failNoMore = () => order("DELETE");
