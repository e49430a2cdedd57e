// The ports on which tests may start servers of their own: those whose redirect addresses the platform realm allows, beside the one
// of STEWARD_URL, where `make run` or `make test` may have a Steward already.
import { variable } from "./environment.ts";

export const ports: readonly number[] = (() => {
  const given = process.env["STEWARD_TEST_PORTS"];
  if (given) return given.trim().split(/\s+/).map(Number);
  const own = Number(new URL(variable("STEWARD_URL")).port);
  return Array.from({ length: 9 }, (_, place) => own + 1 + place);
})();

function port(place: number): number {
  const found = ports[place];
  if (!found) throw new Error("STEWARD_TEST_PORTS must name nine ports");
  return found;
}

/** The server that most stories share. */
export const sharedPort = port(0);
/** Servers that are killed at a moment of a run. */
export const killedPorts = [port(1), port(2), port(3), port(4), port(5)] as const;
/** Two servers that share work. */
export const pairPorts = [port(6), port(7)] as const;
/** A server of the gallery: one at a time. */
export const galleryPort = port(8);

export const sharedUrl = `http://localhost:${sharedPort}`;
