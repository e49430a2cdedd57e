// What a visitor's TLS is shown, as OpenSSL sees it: the chain must lead to the PKI's root, and the certificate be for that name.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { variable } from "../harness/environment.ts";

const run = promisify(execFile);

export interface Shown {
  subject: string;
  issuer: string;
  serial: string;
}

/** Asks the ingress controller for a name; fails if what it shows does not verify. */
export async function served(host: string): Promise<Shown> {
  const asked = run("openssl", [
    "s_client", "-connect", variable("INGRESS_ADDRESS"), "-servername", host, "-verify_hostname", host, "-verify_return_error", "-CAfile", variable("PKI_CA_FILE"),
  ]);
  asked.child.stdin?.end();
  const { stdout } = await asked;
  const reading = run("openssl", ["x509", "-noout", "-serial", "-issuer", "-ext", "subjectAltName"]);
  reading.child.stdin?.end(stdout);
  const read = (await reading).stdout;
  const serial = /serial=([0-9A-F]+)/.exec(read)?.[1] ?? "";
  return {
    subject: /DNS:(\S+)/.exec(read)?.[1] ?? "",
    issuer: /issuer=.*CN ?= ?(.+)/.exec(read)?.[1] ?? "",
    serial: serial.toLowerCase().replace(/(..)(?=.)/g, "$1:"),
  };
}
