/** The digest of a request's content, taken while somebody else reads it. */
import { createHash } from "node:crypto";
import type { AnyRequest } from "@meanwhile/interim";
import { hasContent, markUnread } from "@meanwhile/interim/internal";
import { endedInPeace } from "./when-received.ts";

/** The digest of a request's content, while others read it; its whole value is known at its end. */
export class ContentDigest {
  /** undefined as long as the content was not received to its end. */
  value: string | undefined;
  /** Resolves with the digest; with undefined where the content was broken off. */
  readonly whole: Promise<string | undefined>;
  readonly #request: AnyRequest;

  /** @throws {TypeError} `ERR_CONTENT_CONSUMED` where somebody has read of it before */
  constructor(request: AnyRequest) {
    this.#request = request;
    const hash = createHash("sha256");
    if (!hasContent(request)) {
      this.value = hash.digest("base64url");
      this.whole = Promise.resolve(this.value);
      return;
    }
    if (request.readableDidRead || request.readableEnded) throw contentConsumed();
    this.whole = new Promise((resolve) => {
      const finish = (): void => {
        this.value = hash.digest("base64url");
        resolve(this.value);
      };
      const push = request.push;
      const digesting = (chunk: unknown, encoding?: BufferEncoding): boolean => {
        if (chunk instanceof Uint8Array) hash.update(chunk);
        else if (typeof chunk === "string") hash.update(Buffer.from(chunk, encoding));
        const more = push.call(request, chunk, encoding);
        if (chunk === null && this.value === undefined && isWhole(request)) finish();
        return more;
      };
      request.once("close", () => resolve(this.value));
      if (request.destroyed) resolve(undefined);
      if (request.readableLength > 0) {
        // It came before us, and was not read: back it goes.
        const early: unknown = request.read();
        if (early instanceof Uint8Array) {
          hash.update(early);
          request.unshift(early);
          markUnread(request);
        }
      }
      if (!("stream" in request) && request.complete) finish();
      else request.push = digesting;
    });
  }

  /** The client has left before the end of the content. */
  get isBrokenOff(): boolean {
    if (this.value !== undefined) return false;
    const request = this.#request;
    return request.destroyed || ("stream" in request && (request.stream.aborted || request.stream.destroyed));
  }
}

/** A client that breaks off ends the content, too. */
function isWhole(request: AnyRequest): boolean {
  return "stream" in request ? endedInPeace(request.stream) : request.complete;
}

function contentConsumed(): TypeError {
  return Object.assign(
    new TypeError(
      "a request with an Idempotency-Key had its content read before processing() saw it: mount processing() before what reads bodies, such as express.json()",
    ),
    { code: "ERR_CONTENT_CONSUMED" },
  );
}
