/**
 * Uploads that their server keeps: "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-12, interop version 8).
 * What they go on with is proven to be the same: docs/decisions/0042-resuming-uploads.md.
 */
import {
  formatDigest,
  formatUploadComplete,
  parseDigests,
  parseUploadComplete,
  parseUploadLimit,
  parseUploadNumber,
  partialUploadType,
  type UploadLimits,
  uploadInteropVersion,
} from "@meanwhile/dav";
import { OutcomeUnknownError } from "../../error/operation-error.ts";
import type { UploadExchange, UploadWay } from "../../operation/long-request-plan.ts";
import { isForLater, mustBeReady, nothingArrived, notNow } from "../../repeat/setback.ts";
import { abandon } from "../../send/received-content.ts";
import type { RequestContent } from "../../send/send.ts";
import { ContentHash, type RunningHash } from "./content-hash.ts";
import type { PositionedContent } from "./positioned-content.ts";

/** Content of fewer bytes is sent in one request: that it needs two more is not worth while. */
export const leastKept: number = 4 * 1024 * 1024;

/** Where an upload is remembered, so that a later program, or the page once it is loaded again, goes on with it. */
export interface UploadMemory {
  /** What was remembered of the upload of this very content to this place; undefined: nothing. */
  recall(): Promise<string | undefined>;
  /** Remembers it; undefined: forgets it. */
  remember(upload: string | undefined): Promise<void>;
  /**
   * What tells the content from another that was there under its name: its size and time of change, for instance. An upload of
   * other content is ended, and not gone on with.
   */
  readonly content?: string;
}

export interface KeptUploadOptions {
  readonly url: URL;
  readonly content: PositionedContent;
  /** As it was given: parts of a Blob are sent as Blobs. */
  readonly whole: RequestContent;
  readonly newHash: () => RunningHash;
  readonly memory: UploadMemory | undefined;
  /** What this client knows of servers, for as long as it lives. */
  readonly servers: Map<string, UploadLimits | "none">;
}

/** Fields of the first request, by which its end is judged. */
const conditions = ["if-match", "if-none-match", "if-unmodified-since", "x-oc-mtime"] as const;

const version = { "Upload-Draft-Interop-Version": String(uploadInteropVersion) };
const wanted = { ...version, "Want-Repr-Digest": "sha-256=10" };

/** An upload in three steps: begin it, append to it until all is there, complete it. */
export function keptUpload(options: KeptUploadOptions): UploadWay {
  const upload = new KeptUpload(options);
  return (exchange) => upload.send(exchange);
}

/** Where a server says that an upload is. */
interface Standing {
  readonly offset: number;
  readonly complete: boolean;
}

/** The outcome; or that it is to be looked again; or that the server does not take the content so after all. */
type Step = Response | "again" | "not-kept";

/** What is forgotten, begun anew and appended to: so many steps may go by before more is there than ever before. */
const mostIdleSteps = 3;

class KeptUpload {
  readonly #options: KeptUploadOptions;
  readonly #hash: ContentHash;
  #place: URL | undefined;
  #recalled = false;
  /** What was remembered, and is not of this content or not under its conditions. */
  #other: URL | undefined;
  #mostKept = 0;
  /** So many bytes the upload has by what was answered to its appends, each of which was sent whole. */
  #acknowledged = 0;
  /** Something came between: the next look tells where the upload goes on. */
  #interrupted = false;
  /** The server was asked to complete it. Before that nothing can be in place. */
  #asked = false;
  #whole: Promise<Uint8Array> | undefined;

  constructor(options: KeptUploadOptions) {
    this.#options = options;
    this.#hash = new ContentHash(options.content, options.newHash);
  }

  async send(exchange: UploadExchange): Promise<Response | undefined> {
    let limits: UploadLimits | undefined;
    for (let idle = 0; ; idle += 1) {
      const before = this.#mostKept;
      try {
        limits ??= await this.#offer(exchange);
        if (limits === undefined) return undefined;
        const step = await this.#attempt(exchange, limits);
        if (step === "not-kept") {
          exchange.unfinished(undefined);
          return undefined;
        }
        if (step !== "again") return step;
        if (this.#mostKept > before) idle = 0;
        // Else a server that never has what was sent would be sent it for ever.
        if (idle >= mostIdleSteps) throw notNow("the server has no more of the upload than before");
      } catch (error) {
        this.#interrupted = true;
        await exchange.comeBack(error).catch((end: unknown) => {
          throw this.#asked ? end : nothingArrived(end);
        });
      }
    }
  }

  /** The server's limits, where it keeps uploads of such content. */
  async #offer(exchange: UploadExchange): Promise<UploadLimits | undefined> {
    const { url, servers, content } = this.#options;
    let known = servers.get(url.origin);
    if (known === undefined) {
      const response = await exchange.send(url, { method: "OPTIONS" });
      abandon(response);
      const { ok, headers } = response;
      const speaks = parseUploadNumber(headers.get("upload-draft-interop-version") ?? undefined);
      const told = parseUploadLimit(headers.get("upload-limit") ?? undefined);
      known = ok && speaks === uploadInteropVersion && told !== undefined ? told : "none";
      // A server that is not ready says nothing of what it can do.
      if (!isForLater(response)) servers.set(url.origin, known);
    }
    if (known === "none") return undefined;
    const { maxSize = Number.POSITIVE_INFINITY, minSize = 0, minAppendSize = 0, maxAppendSize = 1 } = known;
    // Of appends that have a least size, the last one may be too small.
    if (minAppendSize > 1 || maxAppendSize === 0 || content.length > maxSize || content.length < minSize)
      return undefined;
    return known;
  }

  async #attempt(exchange: UploadExchange, limits: UploadLimits): Promise<Step> {
    const { length } = this.#options.content;
    await this.#recall(exchange);
    await this.#endOther(exchange);
    const place = this.#place;
    if (place === undefined) return this.#begin(exchange);
    exchange.unfinished({ url: place, headers: version, forget: () => this.#forget() });
    const standing = await this.#look(exchange, place);
    if (standing === undefined) {
      await this.#forget();
      return "again";
    }
    const { offset, complete } = standing;
    if (!complete && offset < length) return this.#append(exchange, place, offset, limits);
    return this.#complete(exchange, place);
  }

  async #begin(exchange: UploadExchange): Promise<Step> {
    const { url, content, memory, servers } = this.#options;
    const headers = new Headers(exchange.headers);
    headers.delete("idempotency-key");
    headers.delete("prefer");
    for (const [name, value] of Object.entries(version)) headers.set(name, value);
    headers.set("Upload-Complete", formatUploadComplete(false));
    headers.set("Upload-Length", String(content.length));
    const response = await exchange.send(url, { method: "PUT", headers, content: new Uint8Array() });
    if (!response.ok) {
      mustBeReadyOrAbandon(response);
      // What stands in the way may be this very content, of which only the answer was lost.
      if (response.status === 412 && this.#asked) {
        abandon(response);
        throw new OutcomeUnknownError("PUT", url, notNow("the answer to the completed upload was lost"));
      }
      return response;
    }
    abandon(response);
    const location = response.headers.get("location");
    const isBegun = response.status === 201 && !isComplete(response);
    if (!isBegun || location === null || !URL.canParse(location, url.href)) {
      // It may have taken this for all of the content, which is none: no success of ours.
      servers.set(url.origin, "none");
      return "not-kept";
    }
    const place = new URL(location, url);
    // Credentials and content go to nobody else.
    if (place.origin !== url.origin) throw notNow("the server named an upload at another server");
    this.#place = place;
    this.#acknowledged = 0;
    const judged = judgedBy(exchange.headers);
    await memory?.remember(JSON.stringify({ place: place.href, judged, content: memory.content }));
    return "again";
  }

  async #recall(exchange: UploadExchange): Promise<void> {
    const { memory, url } = this.#options;
    if (this.#recalled || this.#place !== undefined) return;
    this.#recalled = true;
    const text = await memory?.recall();
    if (text === undefined) return;
    try {
      const { place, judged, content } = JSON.parse(text) as Partial<Record<string, unknown>>;
      const recalled = new URL(String(place));
      if (recalled.origin !== url.origin) return;
      const isSame =
        content === memory?.content && JSON.stringify(judged) === JSON.stringify(judgedBy(exchange.headers));
      if (isSame) this.#place = recalled;
      else this.#other = recalled;
      this.#interrupted = isSame;
    } catch {
      // What cannot be read was not remembered by us.
    }
  }

  /** Ends an upload that nobody will go on with: it would count until it expires. */
  async #endOther(exchange: UploadExchange): Promise<void> {
    if (this.#other === undefined) return;
    abandon(await exchange.send(this.#other, { method: "DELETE", headers: version }));
    this.#other = undefined;
  }

  /** How far it is; undefined where it is not there any more, or is not the beginning of this content. */
  async #look(exchange: UploadExchange, place: URL): Promise<Standing | undefined> {
    const { length } = this.#options.content;
    const response = await exchange.send(place, { method: "HEAD", headers: wanted });
    abandon(response);
    mustBeReady(response);
    if (response.status >= 500) throw notNow(`the server answered ${response.status} for the upload`);
    const { headers } = response;
    const offset = parseUploadNumber(headers.get("upload-offset") ?? undefined);
    const complete = isComplete(response);
    const said = parseUploadNumber(headers.get("upload-length") ?? undefined);
    if (!response.ok || offset === undefined || offset > length || (said ?? length) !== length)
      return undefined;
    // What is complete and shorter is not this content.
    if (complete && offset !== length) return undefined;
    if (!complete && offset > 0 && !(await this.#isOurs(headers, offset))) return undefined;
    if (offset > this.#mostKept) {
      this.#mostKept = offset;
      exchange.alive();
    }
    if (this.#interrupted) exchange.resumed(offset);
    this.#interrupted = false;
    return { offset, complete };
  }

  /**
   * Bytes that are not proven to be the content's are sent again. A server that tells no digest is believed to have what
   * it said it took, request by request.
   */
  async #isOurs(headers: Headers, offset: number): Promise<boolean> {
    const digest = digestOf(headers);
    if (digest === undefined) return offset === this.#acknowledged;
    const own = await this.#hash.digest(offset);
    return own.length === digest.length && own.every((byte, at) => byte === digest[at]);
  }

  async #append(
    exchange: UploadExchange,
    place: URL,
    offset: number,
    { maxAppendSize = Number.POSITIVE_INFINITY }: UploadLimits,
  ): Promise<Step> {
    const { content, whole } = this.#options;
    const end = Math.min(content.length, offset + maxAppendSize);
    // A Blob is not read here as it is sent: its digest is made meanwhile.
    if (whole instanceof Blob) this.#digest().catch(() => undefined);
    const response = await exchange.send(place, {
      method: "PATCH",
      headers: {
        ...version,
        "Content-Type": partialUploadType,
        "Upload-Offset": String(offset),
        "Upload-Complete": formatUploadComplete(false),
      },
      content: whole instanceof Blob ? whole.slice(offset, end) : this.#part(offset, end),
      onSent: (bytes) => exchange.onSent(offset + bytes),
    });
    const { ok, status } = response;
    if (isRefusal(status)) return response;
    abandon(response);
    mustBeReady(response);
    if (ok && offset === this.#acknowledged) this.#acknowledged = end;
    // Whatever else it says: the next look tells how far it is.
    if (ok || status < 500) return "again";
    throw notNow(`the server answered ${status} to a part of the content`);
  }

  #part(offset: number, end: number): RequestContent {
    const hash = this.#hash;
    return {
      length: end - offset,
      async *open(start) {
        let left = end - offset - start;
        for await (const chunk of hash.open(offset + start)) {
          if (chunk.length >= left) {
            yield chunk.subarray(0, left);
            return;
          }
          left -= chunk.length;
          yield chunk;
        }
        if (left > 0) throw new RangeError(`the content ends at byte ${end - left}, before ${end}`);
      },
    };
  }

  /** All is there: its digest is checked before it is in place. What is answered now is the answer to the PUT. */
  async #complete(exchange: UploadExchange, place: URL): Promise<Step> {
    const { length } = this.#options.content;
    const bytes = await this.#digest();
    const headers = new Headers();
    for (const name of ["if", "prefer", "idempotency-key"]) {
      const value = exchange.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    const own = {
      ...version,
      "Content-Type": partialUploadType,
      "Upload-Offset": String(length),
      "Upload-Complete": formatUploadComplete(true),
      "Repr-Digest": formatDigest({ algorithm: "sha-256", bytes }),
    };
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    this.#asked = true;
    exchange.unfinished(undefined);
    const response = await exchange.long(place, { method: "PATCH", headers, content: new Uint8Array() });
    if (isGone(response) || (response.status === 409 && !isComplete(response))) {
      abandon(response);
      if (isGone(response)) await this.#forget();
      return "again";
    }
    if (isComplete(response) || response.ok) await this.#options.memory?.remember(undefined);
    return response;
  }

  /** Of all of the content. Where it cannot be read that is tried again. */
  #digest(): Promise<Uint8Array> {
    this.#whole ??= this.#hash.digest(this.#options.content.length).catch((error: unknown) => {
      this.#whole = undefined;
      throw error;
    });
    return this.#whole;
  }

  async #forget(): Promise<void> {
    this.#place = undefined;
    await this.#options.memory?.remember(undefined);
  }
}

/** Of these another look tells what to do: the upload is gone, or elsewhere, or it was not the time for it. */
const reconsidered: ReadonlySet<number> = new Set([404, 408, 409, 410, 425, 429]);

/** Whether the answer to a part holds for the whole as well, and would be the same to the same part. */
function isRefusal(status: number): boolean {
  return status === 507 || (status >= 400 && status < 500 && !reconsidered.has(status));
}

function isGone({ status }: Response): boolean {
  return status === 404 || status === 410;
}

function isComplete({ headers }: Response): boolean {
  return parseUploadComplete(headers.get("upload-complete") ?? undefined) === true;
}

function digestOf(headers: Headers): Uint8Array | undefined {
  try {
    const digests = parseDigests("Repr-Digest", headers.get("repr-digest") ?? undefined);
    return digests.find(({ algorithm }) => algorithm === "sha-256")?.bytes;
  } catch {
    return undefined;
  }
}

function judgedBy(headers: Headers): readonly (string | null)[] {
  return conditions.map((name) => headers.get(name));
}

function mustBeReadyOrAbandon(response: Response): void {
  try {
    mustBeReady(response);
  } catch (error) {
    abandon(response);
    throw error;
  }
}
