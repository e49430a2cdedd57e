// An authenticator: the one-time code of a moment (RFC 6238: SHA-1, 6 digits, 30 s), as stack/keycloak/totp.py computes it for staff.
import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const PERIOD_MS = 30_000;
/** How long a code must hold still to be typed and to arrive. */
const TYPED_IN_MS = 10_000;

/** A key as Keycloak shows it to those who cannot scan: base 32, in groups. */
export function keyOf(shown: string): Buffer {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...shown.replaceAll(/[\s=]/g, "")].map((letter) => {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Error(`"${letter}" is no digit of base 32`);
    return value.toString(2).padStart(5, "0");
  });
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function codeAt(key: Buffer, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / PERIOD_MS)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

/** The code of this moment, or of the next if this one is nearly over: a realm need not take one that has just gone by. */
export async function oneTimeCode(key: Buffer): Promise<string> {
  const left = PERIOD_MS - (Date.now() % PERIOD_MS);
  if (left < TYPED_IN_MS) await pause(left);
  return codeAt(key, Date.now());
}

/** A code that is none of those around this moment. */
export function wrongCode(key: Buffer): string {
  const right = [-2, -1, 0, 1, 2].map((periods) => codeAt(key, Date.now() + periods * PERIOD_MS));
  const wrong = ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
  if (!wrong) throw new Error("every wrong code is right");
  return wrong;
}
