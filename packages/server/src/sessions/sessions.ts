/**
 * Sessions of users who logged in by a form. A session is known by a random token, which only its browser has: what is kept is
 * the token's hash, and a mark of the password that was right, keyed with the token.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";

/** Where sessions are kept: records by the hash of their token. They are put and removed within a change only. */
export interface SessionRecords {
  /** All that there are, in any order. */
  range(): Iterable<{ readonly key: string; readonly value: unknown }>;
  put(hash: string, record: SessionRecordJson): void;
  remove(hash: string): void;
}

/** A session as it is kept. */
export interface SessionRecordJson {
  readonly principal: string;
  readonly mark: string;
  /** Milliseconds since the epoch; some minutes behind. */
  readonly usedMs: number;
}

/**
 * Sessions of one process: it reads its records when it starts, and not again. A session that began in another process at the same
 * time is unknown to it, and its browser is asked to log in; so processes behind one address need requests of one browser to reach
 * the same process, or another login.
 */
export interface SessionsOptions {
  /** Default: nothing of them survives the process. */
  readonly kept?: {
    readonly records: SessionRecords;
    /** Runs `work`, which puts and removes records; resolves once the end of the process cannot undo that any more. */
    readonly change: (
      work: () => void,
      options: { readonly durable: false; readonly freesRoom?: boolean },
    ) => Promise<void>;
  };
  /** Milliseconds since the epoch, which do not jump. */
  readonly clock: () => number;
  readonly random?: (bytes: number) => Uint8Array;
  readonly limits?: Partial<SessionLimits>;
}

/** How many sessions there may be in each process, and for how long. */
export interface SessionLimits {
  /** Of all users; the one that was not used for longest makes room. */
  readonly sessions: number;
  /** Of one user; likewise. */
  readonly ofUser: number;
  /** After so long without a request a session has ended. */
  readonly idleMs: number;
}

export const defaultSessionLimits: SessionLimits = {
  sessions: 10_000,
  ofUser: 100,
  idleMs: 12 * 60 * 60 * 1000,
};

/** That a session was used is recorded no more often than this. */
const recordUseMs = 5 * 60 * 1000;

/** One that goes on. */
export interface Session {
  readonly principal: string;
  /** Aborted once it ends: by log-out, or as was seen at another request. */
  readonly ended: AbortSignal;
}

interface Entry {
  readonly principal: string;
  readonly mark: string;
  readonly usedMs: number;
  readonly recordedMs: number;
  readonly ending: AbortController;
}

/** All sessions. They are held in memory, where requests are answered; what begins or ends is recorded. */
export class Sessions {
  /** By the hash of the token, those that were not used for longest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #kept: SessionsOptions["kept"];
  readonly #clock: () => number;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #limits: SessionLimits;

  constructor({ kept, clock, random = randomBytes, limits }: SessionsOptions) {
    this.#kept = kept;
    this.#clock = clock;
    this.#random = random;
    this.#limits = { ...defaultSessionLimits, ...limits };
    const found = [...(kept?.records.range() ?? [])].map(
      ({ key, value }) => [key, readRecord(value)] as const,
    );
    for (const [hash, record] of found.toSorted(([, a], [, b]) => (a?.usedMs ?? 0) - (b?.usedMs ?? 0)))
      if (record !== undefined)
        this.#entries.set(hash, { ...record, recordedMs: record.usedMs, ending: new AbortController() });
    // A session whose record is damaged does not count: its user logs in again.
    for (const [hash, record] of found)
      if (record === undefined) this.#later((records) => records.remove(hash));
  }

  /**
   * Begins one. Resolves with its token once that would survive the end of the process.
   * @param passwordMark of {@link Logins.mark}
   */
  async begin(principal: string, passwordMark: string): Promise<string> {
    this.#makeRoom(principal);
    const token = Buffer.from(this.#random(32)).toString("base64url");
    const hash = hashOf(token);
    const usedMs = this.#clock();
    const record = { principal, mark: keyed(token, passwordMark), usedMs };
    this.#entries.set(hash, { ...record, recordedMs: usedMs, ending: new AbortController() });
    try {
      await this.#write((records) => records.put(hash, record));
    } catch (error) {
      this.#entries.delete(hash);
      throw error;
    }
    return token;
  }

  /**
   * The session that a token is of, which is used by that. One that was idle for too long, or whose user's password was
   * changed or taken away, ends.
   */
  use(token: string, markOf: (principal: string) => string | undefined): Session | undefined {
    const hash = hashOf(token);
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock();
    const passwordMark = markOf(entry.principal);
    if (
      nowMs - entry.usedMs >= this.#limits.idleMs ||
      passwordMark === undefined ||
      keyed(token, passwordMark) !== entry.mark
    ) {
      this.#forget(hash);
      return undefined;
    }
    const isRecorded = nowMs - entry.recordedMs < recordUseMs;
    this.#entries.delete(hash);
    this.#entries.set(hash, { ...entry, usedMs: nowMs, recordedMs: isRecorded ? entry.recordedMs : nowMs });
    if (!isRecorded) {
      const { principal, mark } = entry;
      this.#later((records) => records.put(hash, { principal, mark, usedMs: nowMs }));
    }
    return { principal: entry.principal, ended: entry.ending.signal };
  }

  /** Ends the one that a token is of. Resolves once nothing brings it back. */
  async end(token: string): Promise<void> {
    const hash = hashOf(token);
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#entries.delete(hash);
    entry.ending.abort();
    await this.#write((records) => records.remove(hash), { freesRoom: true });
  }

  #makeRoom(principal: string): void {
    const { idleMs, ofUser, sessions } = this.#limits;
    const nowMs = this.#clock();
    const own: string[] = [];
    for (const [hash, entry] of [...this.#entries]) {
      if (nowMs - entry.usedMs >= idleMs) this.#forget(hash);
      else if (entry.principal === principal) own.push(hash);
    }
    for (const hash of own.slice(0, Math.max(0, own.length - ofUser + 1))) this.#forget(hash);
    for (const hash of this.#entries.keys()) {
      if (this.#entries.size < sessions) break;
      this.#forget(hash);
    }
  }

  /** Ends it, and records that when that is possible: at the next start it is judged again. */
  #forget(hash: string): void {
    this.#entries.get(hash)?.ending.abort();
    this.#entries.delete(hash);
    this.#later((records) => records.remove(hash));
  }

  #later(work: (records: SessionRecords) => void): void {
    // What was not recorded is found out again after a restart.
    this.#write(work).catch(() => undefined);
  }

  async #write(
    work: (records: SessionRecords) => void,
    options: { readonly freesRoom?: boolean } = {},
  ): Promise<void> {
    if (this.#kept === undefined) return;
    const { records, change } = this.#kept;
    await change(() => work(records), { durable: false, ...options });
  }
}

function readRecord(value: unknown): SessionRecordJson | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { principal, mark, usedMs } = value as Partial<Record<keyof SessionRecordJson, unknown>>;
  if (typeof principal !== "string" || typeof mark !== "string" || typeof usedMs !== "number")
    return undefined;
  return { principal, mark, usedMs };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** So what is kept says nothing about a password without the token. */
function keyed(token: string, passwordMark: string): string {
  return createHmac("sha256", token).update(passwordMark).digest("base64url");
}
