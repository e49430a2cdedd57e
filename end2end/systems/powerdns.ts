// The customer's own DNS, as its owner writes it: a zone of PowerDNS that Steward only asks.
import { variable } from "../harness/environment.ts";

const zone = () => variable("CUSTOMER_ZONE");

async function patch(name: string, type: string, change: object): Promise<void> {
  const answer = await fetch(`${variable("POWERDNS_URL")}/api/v1/servers/localhost/zones/${zone()}.`, {
    method: "PATCH",
    headers: { "x-api-key": variable("POWERDNS_KEY"), "content-type": "application/json" },
    body: JSON.stringify({ rrsets: [{ name: `${name}.`, type, ...change }] }),
  });
  if (!answer.ok) throw new Error(`PowerDNS answered ${answer.status} to ${type} ${name}: ${await answer.text()}`);
}

/** A domain in the customer's zone. */
export const domainOf = (name: string) => `${name}.${zone()}`;

/** Sets the records of that name and type, in the place of others. */
export const set = (name: string, type: "TXT" | "CNAME", value: string) =>
  patch(name, type, { ttl: 60, changetype: "REPLACE", records: [{ content: type === "TXT" ? `"${value}"` : `${value}.`, disabled: false }] });

export const remove = (name: string, type: "TXT" | "CNAME") => patch(name, type, { changetype: "DELETE" });
