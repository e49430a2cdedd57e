// A person's authenticator: one-time codes (RFC 6238: SHA-1, 6 digits, 30 s), computed as stack/keycloak/totp.py does for staff.
import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const PERIOD_MS = 30_000;
/** How long a code must hold still, to be typed and to arrive: a realm need not take one whose period has just gone by. */
const TYPED_IN_MS = 10_000;

/** A key as Keycloak shows it to those who cannot scan: base 32, in groups. */
function decoded(shown: string): Buffer {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...shown.replaceAll(/[\s=]/g, "")].map((letter) => {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Error(`"${letter}" is no digit of base 32`);
    return value.toString(2).padStart(5, "0");
  });
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

export class Authenticator {
  readonly #key: Buffer;
  #used = -1;

  constructor(shown: string) {
    this.#key = decoded(shown);
  }

  #codeOf(period: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(period));
    const digest = createHmac("sha1", this.#key).update(counter).digest();
    const offset = digest.readUInt8(digest.length - 1) & 15;
    return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
  }

  /** A code that holds for some seconds and was not given before: Keycloak takes each once, the one that enrolled too. */
  async code(): Promise<string> {
    for (;;) {
      const now = Date.now();
      const period = Math.floor(now / PERIOD_MS);
      const left = PERIOD_MS - (now % PERIOD_MS);
      if (period > this.#used && left >= TYPED_IN_MS) {
        this.#used = period;
        return this.#codeOf(period);
      }
      await pause(left);
    }
  }

  /** A code that is none of those around this moment. */
  wrongCode(): string {
    const now = Math.floor(Date.now() / PERIOD_MS);
    const right = [-2, -1, 0, 1, 2].map((periods) => this.#codeOf(now + periods));
    const wrong = ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
    if (!wrong) throw new Error("every wrong code is right");
    return wrong;
  }
}
