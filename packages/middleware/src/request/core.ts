/** What all requests of one `processing()` share. */
import type { AnyRequest, Exchange, Pacer } from "@meanwhile/interim";
import type { Preferences } from "@meanwhile/interim/fields";
import { type Allowance, allowanceFor, showsHop } from "@meanwhile/interim/profiles";
import type { Operations } from "@meanwhile/operations";
import type { Turns } from "../answers/keyed-mutex.ts";
import type { Estimator } from "../estimate/duration-estimate.ts";
import type { ContentDigest } from "../handling/content-digest.ts";
import type { Observer } from "../observe/observer.ts";
import type { StatusService } from "../status/service.ts";
import type { Attendance } from "../waiting/delivery-tracker.ts";
import type { Settings } from "./options.ts";
import { isLocal, originOf, requestTarget } from "./request-view.ts";

export interface Core {
  readonly operations: Operations;
  readonly pacer: Pacer;
  readonly attendance: Attendance;
  readonly turns: Turns;
  readonly status: StatusService;
  readonly observer: Observer;
  /** undefined: nothing is foreseen. */
  readonly estimator: Estimator | undefined;
  /** Milliseconds that never go backwards. */
  readonly clock: () => number;
  /**
   * Resolves, mostly at once, when it is known what became of the operations of an earlier process; rejects where the
   * journal could not tell.
   */
  readonly recovered: () => Promise<unknown>;
  /** Of operations that run with a key: what their content is. */
  readonly contents: WeakMap<object, ContentDigest>;
}

/** The absolute URL of the collection of status documents, as the client sees it. */
export function collectionUrl(request: AnyRequest, { origin, path }: Settings): string {
  return (origin ?? originOf(request)) + path;
}

/** The absolute URL of what is asked for, as the client sees it. */
export function targetUrl(request: AnyRequest, { origin }: Settings): string {
  const target = requestTarget(request);
  return new URL((origin ?? originOf(request)) + (target.startsWith("/") ? target : `/${target}`)).href;
}

/** How many interim responses this exchange may get. See `allowanceFor`. */
export function allowanceOf(
  { request, protocol }: Exchange,
  { processing }: Preferences,
  { policy }: Settings,
): Allowance {
  return allowanceFor(
    {
      protocol,
      userAgent: request.headers["user-agent"],
      asked: processing,
      hopSeen: showsHop(request.headers),
      loopback: isLocal(request),
    },
    policy,
  );
}
