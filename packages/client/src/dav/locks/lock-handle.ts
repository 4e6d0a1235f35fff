/** A lock that is held, refreshed and freed (RFC 4918 §9.10.2, §9.11). */
import { codedUrl } from "@meanwhile/dav";
import { ConnectionError } from "../../error/connection-error.ts";
import { HttpError } from "../../error/http-error.ts";
import { type LockLoss, LockLostError } from "../../error/lock-lost-error.ts";
import { OutcomeUnknownError } from "../../error/operation-error.ts";
import { longestTimeoutMs } from "../../repeat/surroundings.ts";
import { discard } from "../../send/received-content.ts";
import type { Patience } from "../../send/send.ts";
import { checkLockToken, checkMembers } from "../change.ts";
import type { LockHandle, Place } from "../dav-client.ts";
import { ask } from "../exchange.ts";
import { malformed } from "../listing/read-multistatus.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import type { HeldLock } from "./held-locks.ts";
import { readActiveLocks } from "./lock-answer.ts";
import { timeoutField } from "./timeout-field.ts";

/** A lock as the server granted it. */
export interface GrantedLock {
  readonly token: string;
  readonly root: URL;
  readonly depth: "0" | "infinity";
  readonly timeoutSeconds: number | "infinite";
}

export interface HoldOptions {
  /** When the request was sent, as the surroundings count: the time that was granted began later. */
  readonly sentAtMs: number;
  readonly refresh: boolean;
  /** What refreshing wishes for. */
  readonly askSeconds: number;
}

/** Holds a lock: from now on requests submit its token, and its time is watched. */
export function holdLock(context: VerbContext, granted: GrantedLock, options: HoldOptions): LockHandle {
  const handle = new Handle(context, granted, options);
  context.locks.add(handle);
  void handle.keep();
  return handle;
}

/**
 * Frees a lock of which only the token is known (RFC 4918 §9.11).
 *
 * @throws {OutcomeUnknownError} where the connection was lost, and the request may have arrived
 */
export async function unlock(
  context: VerbContext,
  place: Place,
  token: string,
  options: Patience = {},
): Promise<void> {
  checkLockToken(token);
  const held = context.locks.all().find((lock) => lock.token === token);
  if (held !== undefined && held instanceof Handle) return held.unlock(options);
  await free(context, context.places.url(place), token, options);
}

async function free(context: VerbContext, url: URL, token: string, options: Patience): Promise<void> {
  const headers = { "Lock-Token": codedUrl(token) };
  const patience = patienceOf(context, options);
  const asked = { method: "UNLOCK", url };
  const { response } = await ask(context, { ...asked, headers, patience }).catch((error: unknown) => {
    const isUnknown = error instanceof ConnectionError && error.mayHaveArrived;
    throw isUnknown ? new OutcomeUnknownError(asked.method, url, error) : error;
  });
  if (response.status === 207) await checkMembers(context, asked, response);
  else await discard(response);
}

class Handle implements LockHandle, HeldLock {
  readonly token: string;
  readonly root: URL;
  readonly depth: "0" | "infinity";
  readonly #context: VerbContext;
  readonly #options: HoldOptions;
  readonly #lost = new AbortController();
  /** Ends the waiting alone. */
  readonly #left = new AbortController();
  #timeoutSeconds: number | "infinite";
  #endsAtMs: number;

  constructor(context: VerbContext, granted: GrantedLock, options: HoldOptions) {
    this.token = granted.token;
    this.root = granted.root;
    this.depth = granted.depth;
    this.#context = context;
    this.#options = options;
    this.#timeoutSeconds = granted.timeoutSeconds;
    this.#endsAtMs = endOf(options.sentAtMs, granted.timeoutSeconds);
  }

  get timeoutSeconds(): number | "infinite" {
    return this.#timeoutSeconds;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async refresh(options: Patience = {}): Promise<void> {
    this.lost.throwIfAborted();
    const sentAtMs = this.#context.surroundings.now();
    const asked = { method: "LOCK", url: this.root };
    try {
      const { response } = await ask(this.#context, {
        ...asked,
        // "This request MUST NOT have a body and it MUST specify which lock to refresh by using the 'If' header with a
        // single lock token" (RFC 4918 §9.10.2). The Depth header is ignored there.
        headers: {
          If: `(${codedUrl(this.token)})`,
          Timeout: timeoutField(this.#options.askSeconds),
          Accept: "application/xml, text/xml",
        },
        patience: patienceOf(this.#context, options),
      });
      if (response.status === 207) {
        await checkMembers(this.#context, asked, response);
        throw malformed(asked, "a 207 without a failure refreshes no lock");
      }
      const found = (await readActiveLocks(response)).find(({ token }) => token === this.token);
      this.#timeoutSeconds = found?.timeoutSeconds ?? this.#timeoutSeconds;
      this.#endsAtMs = endOf(sentAtMs, this.#timeoutSeconds);
    } catch (error) {
      if (error instanceof HttpError && refusals.has(error.status)) this.#lose("refused", error);
      throw error;
    }
  }

  async unlock(options: Patience = {}): Promise<void> {
    if (this.lost.aborted) return;
    await free(this.#context, this.root, this.token, options);
    this.#lose("unlocked");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unlock();
  }

  gone(): void {
    this.#lose("removed");
  }

  doubt(): void {
    this.refresh().catch(() => {
      // If it is gone, `lost` has told so; other failures say nothing of it.
    });
  }

  leave(): void {
    this.#left.abort();
  }

  /** Refreshes it each time half of what is left is over, until it is lost. A refresh that fails is tried again. */
  async keep(): Promise<void> {
    const stop = AbortSignal.any([this.#lost.signal, this.#left.signal]);
    const { surroundings, rest } = this.#context;
    while (!stop.aborted) {
      const left = this.#endsAtMs - surroundings.now();
      if (left === Number.POSITIVE_INFINITY) return;
      if (left <= 0) return this.#lose("expired");
      const pause = this.#options.refresh ? Math.max(left / 2, Math.min(left, shortestMs)) : left;
      try {
        await rest(Math.min(pause, longestTimeoutMs), stop);
        if (this.#options.refresh && pause <= longestTimeoutMs)
          await this.refresh({ timeoutMs: Math.max(left / 2, 1000) });
      } catch {
        // It was lost, or there is time left to try again.
      }
    }
  }

  #lose(loss: LockLoss, cause?: unknown): void {
    this.#context.locks.delete(this);
    this.#lost.abort(new LockLostError(loss, this.root, cause));
  }
}

function endOf(startMs: number, timeoutSeconds: number | "infinite"): number {
  return timeoutSeconds === "infinite" ? Number.POSITIVE_INFINITY : startMs + timeoutSeconds * 1000;
}

/** How servers say that there is no such lock (RFC 4918 §9.10.2, §9.10.6). */
const refusals: ReadonlySet<number> = new Set([404, 409, 410, 412, 423]);
const shortestMs = 1000;
