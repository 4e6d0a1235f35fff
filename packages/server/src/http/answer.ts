/** What a method answers: the final response, before it is put on a wire. */
import type { Readable } from "node:stream";

/** Field names in their registered spelling; a list becomes one field line an item. */
export type AnswerFields = Readonly<Record<string, string | readonly string[]>>;

export type AnswerBody =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: string | Uint8Array }
  | {
      readonly kind: "stream";
      /** In bytes; undefined where it is not known before the end. */
      readonly length: number | undefined;
      /** Called at most once, when the head has been sent; never for HEAD. */
      open(): Readable | AsyncIterable<string | Uint8Array>;
      /** Frees what is held; called once, whether or not the body was opened. */
      close(): void;
    };

export interface Answer {
  readonly status: number;
  readonly fields: AnswerFields;
  readonly body: AnswerBody;
  /** For the log, once the body was sent: the first failure that the body tells of. */
  readonly failure?: () => unknown;
  /** The method knows that it changed nothing: the same request, its key included, runs anew. */
  readonly runsAnew?: true;
}

/** An answer without content. */
export function empty(status: number, fields: AnswerFields = {}): Answer {
  return { status, fields, body: { kind: "none" } };
}

/** An answer with a small XML document. */
export function xml(status: number, document: string, fields: AnswerFields = {}): Answer {
  return {
    status,
    fields: { "Content-Type": "application/xml; charset=utf-8", ...fields },
    body: { kind: "bytes", bytes: document },
  };
}
