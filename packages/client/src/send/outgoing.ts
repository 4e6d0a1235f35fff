/** What is sent: checked, and laid out for both protocols. */
import { misuse } from "../error/misuse.ts";
import type { RequestContent, SendOptions } from "./send.ts";

/** Content of every kind, ready to be sent. */
export interface OutgoingContent {
  /** Bytes; undefined where not known. */
  readonly length: number | undefined;
  /** Whether it can be opened a second time. */
  readonly repeatable: boolean;
  /**
   * The content from its beginning. @throws {TypeError} `ERR_CONTENT_CONSUMED` where it can be read once only, and
   * was
   */
  open(): AsyncIterable<Uint8Array>;
}

export interface Outgoing {
  readonly method: string;
  /** Without userinfo and fragment. */
  readonly url: URL;
  /** Names in lower case. Neither Host nor what frames the message. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly content: OutgoingContent | undefined;
  /** RFC 9110 §9.2.1: it changes nothing, so it may be sent again. */
  readonly safe: boolean;
}

/** @throws {TypeError} `ERR_REQUEST_URL`, `ERR_REQUEST_METHOD`, `ERR_REQUEST_FIELD`, `ERR_REQUEST_CONTENT` */
export function layOut(url: URL, options: SendOptions): Outgoing {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw misuse("ERR_REQUEST_URL", `the protocol ${url.protocol} is not supported; use http: or https:`);
  }
  const method = options.method ?? "GET";
  if (!token.test(method)) {
    throw misuse("ERR_REQUEST_METHOD", `${JSON.stringify(method.slice(0, 60))} is no method (RFC 9110 §9.1)`);
  }
  if (method === "CONNECT") {
    throw misuse("ERR_REQUEST_METHOD", "CONNECT makes a tunnel, and no response comes out of it");
  }
  const content = options.content === undefined ? undefined : outgoingContent(options.content);
  if (content !== undefined && contentless.has(method)) {
    throw misuse("ERR_REQUEST_CONTENT", `${method} has no content (RFC 9110 §9.3)`);
  }
  const target = new URL(url);
  // RFC 9110 §4.2.4: "A sender MUST NOT generate the userinfo subcomponent (and its "@" delimiter) when an "http" or
  // "https" URI reference is generated within a message".
  target.username = "";
  target.password = "";
  target.hash = "";
  return { method, url: target, fields: layOutFields(method, options), content, safe: isSafe(method) };
}

/** Whether a method changes nothing, so that it may be sent again: RFC 9110 §9.2.1, RFC 4918 §9.1, RFC 3253 §3.6, RFC 5323 §2, and QUERY. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method);
}

const safeMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PROPFIND",
  "QUERY",
  "REPORT",
  "SEARCH",
  "TRACE",
]);

/**
 * RFC 9110 §9.3.8 for TRACE; GET and HEAD have content of no meaning, and some servers close the connection (§9.3.1).
 */
const contentless: ReadonlySet<string> = new Set(["GET", "HEAD", "TRACE"]);

/** Listings are long and repeat themselves; the content of a resource is wanted as it is. */
const worthPacking: ReadonlySet<string> = new Set(["PROPFIND", "REPORT", "SEARCH"]);

function layOutFields(method: string, options: SendOptions): [string, string][] {
  let headers: Headers;
  try {
    // It refuses names that are no token, line ends, and what is beyond Latin-1 (RFC 9110 §5.1, §5.5).
    headers = new Headers(options.headers as Record<string, string> | Headers | undefined);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw misuse("ERR_REQUEST_FIELD", `a field cannot be sent: ${why}`, cause);
  }
  if (!headers.has("accept")) headers.set("accept", "*/*");
  if (!headers.has("user-agent")) headers.set("user-agent", "meanwhile");
  if (!headers.has("accept-encoding") && worthPacking.has(method)) headers.set("accept-encoding", "gzip");
  const fields: [string, string][] = [];
  for (const [name, value] of headers) {
    if (ownFields.has(name)) {
      throw misuse("ERR_REQUEST_FIELD", `the field ${name} is the connection's own business`);
    }
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw misuse(
        "ERR_REQUEST_FIELD",
        `the value of the field ${name} has control characters (RFC 9110 §5.5)`,
      );
    }
    fields.push([name, value]);
  }
  return fields;
}

/** What says where a message begins and ends, or to whom it goes: one opinion on that is enough (RFC 9112 §11.2). */
const ownFields: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** @throws {TypeError} `ERR_REQUEST_CONTENT` for what is no content */
export function outgoingContent(content: RequestContent): OutgoingContent {
  if (typeof content === "string") return bytes(new TextEncoder().encode(content));
  if (content instanceof Uint8Array) return bytes(content);
  if (content instanceof Blob) {
    return { length: content.size, repeatable: true, open: () => content.stream() };
  }
  if (content instanceof ReadableStream) {
    return {
      length: undefined,
      repeatable: false,
      open: () => {
        if (content.locked) {
          throw misuse("ERR_CONTENT_CONSUMED", "a stream can be sent once, and this one was read already");
        }
        return content;
      },
    };
  }
  if (typeof content === "object" && content !== null && typeof content.open === "function") {
    const { length } = content;
    if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
      throw misuse("ERR_REQUEST_CONTENT", "the length of content is a whole number of bytes");
    }
    return { length, repeatable: true, open: () => content.open(0) };
  }
  throw misuse(
    "ERR_REQUEST_CONTENT",
    "content is a string, a Uint8Array, a Blob, a ReadableStream, or has length and open()",
  );
}

function bytes(whole: Uint8Array): OutgoingContent {
  return {
    length: whole.length,
    repeatable: true,
    open: async function* () {
      yield whole;
    },
  };
}
