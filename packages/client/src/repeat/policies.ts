import type { ConnectionErrorCode } from "../error/connection-error.ts";

/** How often something is tried again, how soon, and until when. */
export interface RepeatPolicy {
  /**
   * After which failures of a connection another one may do better. Of a server that has never answered that is `lost` alone:
   * where nobody listened from the start, nobody is expected.
   */
  readonly passing: ReadonlySet<ConnectionErrorCode>;
  /** Most setbacks in a row, without news between them; three where the server has never answered. */
  readonly inARow: number;
  /** Most setbacks in all. */
  readonly inAll: number;
  /** Without news for so many milliseconds it is given up. */
  readonly withinMs: number;
  /**
   * Which part of a pause is left to chance: those that were cut off together do not come back together. 1: all of it,
   * "full jitter"; 0.5: the half. Undefined: there are no pauses.
   */
  readonly jitter: number | undefined;
  /** A server that asks for a longer pause is not waited for, in milliseconds. */
  readonly longestAskedMs: number;
}

const unlimited = Number.POSITIVE_INFINITY;

const lost: ReadonlySet<ConnectionErrorCode> = new Set(["lost"]);
const away: ReadonlySet<ConnectionErrorCode> = new Set(["lost", "refused"]);
/** A wrong certificate stays what it is, as does patience that is at its end. */
const passing: ReadonlySet<ConnectionErrorCode> = new Set([
  "lost",
  "refused",
  "idle",
  "malformed",
  "name-unknown",
  "proxy",
]);

/** At once, as often as a connection is lost. */
export const atOnce: RepeatPolicy = {
  passing: lost,
  inARow: unlimited,
  inAll: unlimited,
  withinMs: unlimited,
  jitter: undefined,
  longestAskedMs: unlimited,
};

/** What the client repeats. */
export type Repeated = "connection" | "reading" | "content" | "operation" | "stopping" | "request" | "upload";

/** How each thing is repeated: docs/decisions/0041-coming-back.md. */
export const policies: Readonly<Record<Repeated, RepeatPolicy>> = {
  /** A request that is known to have done nothing, because of the connection that it met. */
  connection: { ...atOnce, inAll: 3 },
  /** A request that changes nothing (RFC 9110 §9.2.1), until it is answered. */
  reading: { ...atOnce, passing: away, inARow: 5, jitter: 0.5, longestAskedMs: 10_000 },
  /** The rest of content that was lost on its way. */
  content: { ...atOnce, passing: away, inARow: 5, jitter: 0.5 },
  /** Whatever tells how a long request ended. */
  operation: { ...atOnce, passing, withinMs: 15 * 60_000, jitter: 1 },
  /** What asks a server to stop an operation. */
  stopping: { ...atOnce, passing, inARow: 8, jitter: 1 },
  /** A long request itself, to a server that keeps no answers or did not finish it. It pauses as for an operation. */
  request: { ...atOnce, passing, inAll: 20 },
  /** The rest of an upload; news are bytes that were never there before. It pauses as for an operation. */
  upload: { ...atOnce, passing, inARow: 20 },
};
