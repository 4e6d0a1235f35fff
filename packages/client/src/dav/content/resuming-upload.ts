/**
 * Goes on with a PUT that was cut, by the HTTP PATCH of sabre/dav (https://sabre.io/dav/http-patch/). When, and why it
 * does no harm: docs/decisions/0042-resuming-uploads.md.
 */

import { formatIdempotencyKey } from "../../operation/course/idempotency-key.ts";
import type { LostUpload, ResumeUpload } from "../../operation/long-request-plan.ts";
import { mustBeReady, notNow } from "../../repeat/setback.ts";
import { discard } from "../../send/received-content.ts";
import { davClasses, keepsAnswerTo } from "../../status/announcement.ts";
import { changeHeaders } from "../change.ts";
import { isStrong } from "../condition-fields.ts";
import type { PutOptions } from "../dav-client.ts";
import type { VerbContext } from "../verb-context.ts";
import { contentFields } from "./content-fields.ts";
import type { PositionedContent } from "./positioned-content.ts";
import { sameRange } from "./same-range.ts";

/** Content of fewer bytes is sent from its beginning: looking at what is there is not worth while. */
export const leastResumable: number = 32 * 1024 * 1024;

/** So many bytes on either side of where both parts meet are read once more when all is sent. */
const jointBytes = 64 * 1024;

/** Refusals of a PATCH that hold for the PUT just as well. */
const refusals: ReadonlySet<number> = new Set([403, 413, 423, 507]);

export interface ResumableUpload {
  readonly url: URL;
  readonly content: PositionedContent;
  readonly options: PutOptions;
}

/** How this upload is gone on with; called after each loss. */
export function resumingUpload(context: VerbContext, upload: ResumableUpload): ResumeUpload {
  const resuming = new ResumingUpload(context, upload);
  return (lost) => resuming.resume(lost);
}

/** What is there now. */
interface Found {
  readonly etag: string;
  readonly length: number;
}

class ResumingUpload {
  readonly #context: VerbContext;
  readonly #upload: ResumableUpload;
  #announced: boolean | undefined;
  /** How many bytes of the state with this entity tag, from the first on, are the content's. */
  #proven: { readonly etag: string; bytes: number } = { etag: "", bytes: 0 };
  /** The most that was ever found there, and ever proven. */
  #mostFound = 0;
  #mostProven = 0;

  constructor(context: VerbContext, upload: ResumableUpload) {
    this.#context = context;
    this.#upload = upload;
  }

  async resume(lost: LostUpload): Promise<Response | undefined> {
    // Nothing of ours is there, or nobody says how much.
    if (lost.sent === 0) return undefined;
    this.#announced ??= await this.#isAnnounced(lost);
    if (!this.#announced) return undefined;
    const found = await this.#look(lost);
    if (found === undefined || !(await this.#isOurs(lost, found))) return undefined;
    if (found.length === this.#upload.content.length) return this.#success(found.etag);
    return this.#sendRest(lost, found);
  }

  async #isAnnounced(lost: LostUpload): Promise<boolean> {
    const response = await lost.send(this.#upload.url, { method: "OPTIONS" });
    await discard(response);
    mustBeReady(response);
    const { ok, headers } = response;
    // A server that keeps answers is asked for the one to this request.
    if (keepsAnswerTo("PUT", headers)) return false;
    return ok && davClasses(headers).includes("sabredav-partialupdate");
  }

  /** Undefined where what is there cannot be what we sent of the content. */
  async #look(lost: LostUpload): Promise<Found | undefined> {
    const { url, content, options } = this.#upload;
    const headers = { "Accept-Encoding": "identity" };
    const response = await lost.send(url, { method: "HEAD", headers });
    await discard(response);
    mustBeReady(response);
    const { etag, length = 0, isCoded } = contentFields(response);
    if (response.status !== 200 || isCoded || !isStrong(etag)) return undefined;
    if (length === 0 || length > Math.min(lost.sent, content.length)) return undefined;
    // It is still what was to be replaced.
    if (options.ifMatch?.includes(etag)) return undefined;
    if (length > this.#mostFound) {
      this.#mostFound = length;
      lost.alive();
    }
    return { etag, length };
  }

  /** All of it is compared. What was compared before, of the same state, counts. */
  async #isOurs(lost: LostUpload, { etag, length }: Found): Promise<boolean> {
    const { url, content } = this.#upload;
    if (this.#proven.etag !== etag) this.#proven = { etag, bytes: 0 };
    const proven = this.#proven;
    if (proven.bytes >= length) return proven.bytes === length;
    const range = { url, start: proven.bytes, end: length, total: length, etag };
    const same = await sameRange(lost, content, range, (bytes) => {
      proven.bytes += bytes;
      if (proven.bytes <= this.#mostProven) return;
      this.#mostProven = proven.bytes;
      lost.alive();
    });
    return same !== undefined;
  }

  async #sendRest(lost: LostUpload, { etag, length }: Found): Promise<Response | undefined> {
    const { url, content, options } = this.#upload;
    // The last byte is sent once more: what begins at the end may be appended, and so land behind what the server still
    // writes of the request before.
    const from = length - 1;
    const { ifNoneMatch: _, ...others } = options;
    const headers = {
      "Content-Type": "application/x-sabredav-partialupdate",
      "X-Update-Range": `bytes=${from}-`,
      "Idempotency-Key": formatIdempotencyKey(this.#context.surroundings.newKey()),
    };
    const request = { url, headers, changed: [url] };
    const response = await lost.send(url, {
      method: "PATCH",
      headers: changeHeaders(this.#context, request, { ...others, ifMatch: etag }),
      content: { length: content.length - from, open: (start) => content.open(from + start) },
      onSent: (bytes) => lost.onSent(from + bytes),
    });
    const { status } = response;
    if (refusals.has(status)) return response;
    await discard(response);
    mustBeReady(response);
    if (status === 412) throw notNow("the resource changes");
    if (status !== 200 && status !== 201 && status !== 204) return undefined;
    return this.#checkedEnd(lost, length);
  }

  /** Not every server heeds If-Match: the length, and where both parts meet, are looked at. */
  async #checkedEnd(lost: LostUpload, joint: number): Promise<Response | undefined> {
    const { url, content } = this.#upload;
    const total = content.length;
    const start = Math.max(joint - jointBytes, 0);
    const end = Math.min(joint + jointBytes, total);
    const same = await sameRange(lost, content, { url, start, end, total });
    return same && this.#success(contentFields(same).etag);
  }

  #success(etag: string | undefined): Response {
    const status = this.#upload.options.ifNoneMatch === "*" ? 201 : 204;
    return new Response(null, { status, headers: etag === undefined ? {} : { ETag: etag } });
  }
}
