/** The course of a long request: where it stands, what may happen to it, and what is then to be done. */
import type { ConnectionError } from "../../error/connection-error.ts";
import type { MonitorKind } from "../../status/monitor.ts";
import type { StatusDocument } from "../../status/status-document.ts";
import type { Ending } from "../following/ending.ts";

/** What of the request itself decides. */
export interface CourseRequest {
  readonly method: string;
  readonly url: URL;
  /** It changes nothing. */
  readonly safe: boolean;
  /** The caller lets it be sent again to any server. */
  readonly mayRepeat: boolean;
  /** Its content can be sent again. */
  readonly repeatable: boolean;
  /** Done twice, it leaves what doing it once leaves. */
  readonly repeatsItself: boolean;
}

/** What is known beside the course, when something happens. */
export interface CourseFacts {
  /** Where the operation is to be followed, as far as the server has told. */
  readonly url: URL | undefined;
  /** The server was there before. */
  readonly met: boolean;
  readonly hidesInterims: boolean;
  readonly interimsBreak: boolean;
  /** The last answer to the same method and URL has said that such answers are kept. */
  readonly keptBefore: boolean;
  /** The server was asked to stop it. */
  readonly stopped: boolean;
}

/** An error, or the response that it is made of. */
export type Cause = { readonly error: unknown } | { readonly response: Response };

/** Why the request is to be sent again. */
export interface Reason {
  readonly cause: Cause;
  /** How long the server wants to be left alone. */
  readonly askedMs: number;
  /** What to end with where there is no other try. */
  readonly instead?: Response;
}

export type Phase =
  | { readonly kind: "sending" }
  /** At the status document, for what an answer means. */
  | { readonly kind: "looking"; readonly response: Response; readonly url: URL }
  /** Whether the server, which is not ready, keeps answers. */
  | { readonly kind: "wondering"; readonly response: Response }
  | { readonly kind: "following" }
  | { readonly kind: "reading"; readonly document: StatusDocument }
  | { readonly kind: "resuming"; readonly reason: Reason }
  /** Whether the server keeps answers, and the request may be sent again. */
  | { readonly kind: "asking"; readonly reason: Reason }
  | { readonly kind: "resting"; readonly reason: Reason; readonly then: "send" | "follow" }
  | { readonly kind: "ended" };

/**
 *                       final response
 *     sending ─────────────────────────────────▶ ended
 *      ▲   │     202; or lost, and the status document is known         its outcome
 *      │   ├───────▶ following ─────────────────────▶ reading ─────────▶ ended
 *      │   │            │ it is not there any more        │ it was interrupted
 *      │   │ lost       ▼                                 ▼
 *      │   └───────▶ resuming, asking: may it be sent again? ── no ──▶ ended: OutcomeUnknownError
 *      └─── resting ◀── yes
 *
 * From sending it looks at the status document where an answer may tell of the end of the operation, and wonders whether a
 * server that is not ready keeps answers.
 */
export interface Course {
  readonly phase: Phase;
  readonly request: CourseRequest;
  /** Where the operation is followed, and what is expected there. */
  readonly url: URL | undefined;
  readonly expected: MonitorKind;
  /** The request may have been carried out, and its answer lost. */
  readonly doubt: boolean;
  /** Whether the server keeps the answer, as it has said since the request began; undefined: not asked. */
  readonly keeps: boolean | undefined;
  /** The server may have ended while it carried the request out: what it says to the same one again may be due to that. */
  readonly mayRunTwice: boolean;
  readonly setbacks: number;
  readonly repetitions: number;
  readonly accepted: number;
}

export type CourseEvent =
  | { readonly kind: "answered"; readonly response: Response }
  /** There was no final response; or the content of one was lost. */
  | { readonly kind: "lost"; readonly error: ConnectionError }
  | { readonly kind: "seen"; readonly document: StatusDocument | undefined }
  /** `keeps`: undefined where the server could not be asked. */
  | { readonly kind: "asked"; readonly keeps: boolean | undefined }
  | { readonly kind: "followed"; readonly ending: Ending }
  | { readonly kind: "read"; readonly response: Response }
  | { readonly kind: "resumed"; readonly response: Response | undefined }
  | { readonly kind: "rested" }
  /** There was no sign of life for too long. */
  | { readonly kind: "silent"; readonly error: unknown }
  /** The server could not be asked, and another try would do no better. */
  | { readonly kind: "failed"; readonly error: unknown };

export type Effect =
  /** These have no event. */
  | { readonly kind: "abandon"; readonly response: Response }
  | { readonly kind: "avoid-interims" }
  /** The server has operations. */
  | { readonly kind: "learn-operations" }
  | { readonly kind: "alive" }
  | { readonly kind: "renew-key" }
  /** Each of these has one: it comes last. */
  | { readonly kind: "send" }
  | { readonly kind: "look"; readonly url: URL }
  /** `insist`: until there is an answer. */
  | { readonly kind: "ask-whether-kept"; readonly insist: boolean }
  | { readonly kind: "follow"; readonly url: URL; readonly expected: MonitorKind }
  | { readonly kind: "read-outcome"; readonly document: StatusDocument; readonly url: URL }
  | { readonly kind: "resume"; readonly cause: Cause }
  | { readonly kind: "rest"; readonly cause: Cause; readonly askedMs: number }
  /** These are the end. `unknown`: what became of the request is not known. */
  | { readonly kind: "end"; readonly response: Response }
  | { readonly kind: "fail"; readonly cause: Cause; readonly unknown: boolean }
  | { readonly kind: "cancelled"; readonly url: URL | undefined };

export interface Move {
  readonly course: Course;
  readonly effects: readonly Effect[];
}
