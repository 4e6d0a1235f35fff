import type { LongRequest } from "../operation/long-request.ts";
import type { LongRequestPlan } from "../operation/long-request-plan.ts";
import type { ServerMemory } from "../operation/server-memory.ts";
import type { Surroundings } from "../repeat/surroundings.ts";
import type { Patience, Send } from "../send/send.ts";
import type { KeptUploadOptions } from "./content/kept-upload.ts";
import type { HeldLocks } from "./locks/held-locks.ts";
import type { Places } from "./place.ts";

/** What all verbs of one client share. */
export interface VerbContext {
  readonly places: Places;
  /** With the client's credentials and fields. */
  readonly send: Send;
  start<Outcome>(plan: LongRequestPlan<Outcome>): LongRequest<Outcome>;
  readonly memory: ServerMemory;
  readonly surroundings: Surroundings;
  readonly locks: HeldLocks;
  /** What uploads that servers keep are made with. */
  readonly uploads: Pick<KeptUploadOptions, "newHash" | "servers">;
  /** As the surroundings' sleep, but it keeps no process alive. */
  rest(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Where a call does not say otherwise. */
  readonly patience: Pick<Patience, "idleTimeoutMs" | "timeoutMs">;
}

/** The patience of one call. */
export function patienceOf(context: VerbContext, options: Patience): Patience {
  const { idleTimeoutMs, timeoutMs, signal } = { ...context.patience, ...present(options) };
  return present({ idleTimeoutMs, timeoutMs, signal });
}

/** Without what is undefined, which is the same as absent to callers in JavaScript. */
function present(patience: { readonly [Name in keyof Patience]: Patience[Name] | undefined }): Patience {
  const { idleTimeoutMs, timeoutMs, signal } = patience;
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
}
