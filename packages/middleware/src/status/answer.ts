/** What a request for a status document is answered with, before it is put on a wire. */

export interface StatusAnswer {
  readonly status: number;
  readonly fields: StatusFields;
  /** Text that is given piece by piece has no known length; it ends by itself when its client is gone. */
  readonly content: string | Uint8Array | AsyncIterable<string>;
  /** The operation that it is about, for logs. */
  readonly operation?: string;
  /** How many interim responses came before it. */
  readonly interims?: number;
}

/** A list becomes one field line an item. */
export type StatusFields = Readonly<Record<string, string | readonly string[]>>;

/**
 * On every answer about operations, errors too: whoever asks again wants the state of now, URLs that cannot be guessed
 * must not leak to other sites, and what is shown depends on what was asked for.
 */
export const statusFields: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
  "X-Content-Type-Options": "nosniff",
};

/** What could not be done, for people and programs (RFC 9457). @param more members of the document */
export function problem(
  status: number,
  title: string,
  fields: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, unknown>> = {},
): StatusAnswer {
  return {
    status,
    fields: { "Content-Type": "application/problem+json", ...statusFields, ...fields },
    content: `${JSON.stringify({ status, title, ...more })}\n`,
  };
}

/** The same for what never was, what is no longer kept, what was hidden, and what is somebody else's. */
export const noSuchOperation: StatusAnswer = problem(
  404,
  "There is no such operation, or it is not yours, or it is no longer kept.",
);

/** An answer with a JSON document. */
export function json(
  status: number,
  text: string,
  fields: StatusFields = {},
): StatusAnswer & { readonly content: string } {
  return {
    status,
    fields: { "Content-Type": "application/json", ...statusFields, ...fields },
    content: text,
  };
}

/** 204 (RFC 9110 §15.3.5). */
export function nothing(fields: StatusFields = {}): StatusAnswer {
  return { status: 204, fields: { ...statusFields, ...fields }, content: "" };
}
