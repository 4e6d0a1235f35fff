/** How far a long request is. Only the latest is kept. */
export interface RequestProgress {
  /** What is counted now: bytes of content on their way, or members that the server dealt with. */
  readonly stage: "sending" | "processing" | "receiving";
  /** Bytes, or members. Never falls within a stage. */
  readonly done: number;
  /** Undefined where nobody knows. */
  readonly total?: number;
  /** A member that the server works on, or has dealt with last: its path from the target on, as its status document says. */
  readonly member?: string;
  /** Bytes of the present member, where that is a large one. */
  readonly bytes?: { readonly done: number; readonly total: number };
  /**
   * From so many bytes on content went on the last time, which the server had of an earlier time, or of before the
   * connection was lost.
   */
  readonly resumedAt?: number;
  /** How often it went on so. */
  readonly resumptions?: number;
  /** A few words for people. */
  readonly remark?: string;
  /** Members that failed so far, as told by Status-URI or the status document. */
  readonly failures: number;
  /** The connection is lost, or the server is not ready, and the client is about to come back. */
  readonly comingBack?: true;
}

/**
 * A request that may take long. It starts at once; it has no `then`, so that nobody awaits it by accident and waits for
 * an hour.
 *
 *   running ──final response──▶ ended          outcome settles
 *      │
 *      ├──cancel()──▶ cancelling ──▶ ended     outcome rejects with CancelledError, or settles if the work was quicker
 *      └──detach()──▶ detached                 outcome rejects with DetachedError; the server goes on
 */
export interface LongRequest<Outcome> {
  /**
   * The latest news, as often as there is any, until the end. It may be ignored, read by several, and left: `break`
   * leaves the news, not the work. A failure is not thrown here but told once, by `outcome`.
   */
  readonly progress: AsyncIterable<RequestProgress>;
  /**
   * Rejects, once, with HttpError, MultistatusError, ConnectionError, OutcomeUnknownError, CancelledError, DetachedError,
   * or the signal's reason. Whoever ignores it and has a failure gets an unhandled rejection, as with any promise; but
   * not for having called `cancel()` or `detach()`.
   */
  readonly outcome: Promise<Outcome>;
  /** The status document, once the server has told where it is. */
  readonly url: URL | undefined;
  /**
   * Asks the server to stop, if it told where to ask, and goes on waiting for what becomes of that; else ends the
   * request. Of an upload of which a part is there, that is forgotten: nothing of it is in place. Resolves once asked; rejects where the server cannot be asked or refuses, and the waiting goes on.
   */
  cancel(): Promise<void>;
  /** Stops waiting at once; gives the status document's URL, to come back with `watch`. */
  detach(): URL | undefined;
}
