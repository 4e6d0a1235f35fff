/** What is sent, and how that ended. */
import type { Replaceable } from "../changes/replacing.ts";

export interface FileToSend {
  /** Its URL's path. */
  readonly path: string;
  readonly file: File;
  /** In whose place it may be put. */
  readonly replaceable: Replaceable;
}

/** How far it is. */
export interface SendingNews {
  /** Bytes that have left so far, those included that the server had before. */
  readonly sent?: number;
  /** From so many bytes on, which the server had, it went on the last time. */
  readonly resumedAt?: number;
  /** The connection was lost, and it is tried again. */
  readonly lost?: boolean;
}

/** How it ended: "exists" where something else is there than may be replaced; "lost" where there was no answer. */
export type Sent =
  | { readonly kind: "sent" }
  | { readonly kind: "exists" }
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly status: number };

/** How a request says what it may replace. */
export function conditionsOf(replaceable: Replaceable): {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: "*";
} {
  if (replaceable === "anything") return {};
  return replaceable === "nothing" ? { ifNoneMatch: "*" } : { ifMatch: replaceable.etag };
}
