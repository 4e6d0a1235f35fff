/** A server that keeps uploads of one resource, loses connections as a test says, and has no network. */
import { createHash } from "node:crypto";
import type { RequestContent, Send, SendOptions } from "../send/send.ts";
import { lost, status } from "./partial-server.ts";
import { testBase } from "./scripted-server.ts";

/** What is asked: BEGIN and END are the first and the last request of an upload, WHOLE is a PUT without one. */
export type UploadStep = "OPTIONS" | "BEGIN" | "HEAD" | "APPEND" | "END" | "DELETE" | "WHOLE";

/**
 * What happens to the next request of a step, in the place of the usual: the connection ends after so many bytes of its
 * content are kept, or this answers it, or (undefined) this happens before.
 */
export type UploadIncident =
  | number
  | ((server: UploadServer, headers: Headers) => Response | undefined | Promise<undefined>);

export interface UploadServerOptions {
  readonly limits?: string;
  /** Fields of the answer to OPTIONS, instead of the usual. */
  readonly announced?: Readonly<Record<string, string>>;
  /** Whether it tells the digest that is wanted. Default: yes. */
  readonly digests?: boolean;
}

/** An upload of this server, as a later client may find it. */
interface Upload {
  bytes: Uint8Array;
  length: number;
  answer: Response | undefined;
}

const speaking = { "Upload-Draft-Interop-Version": "8" };

export class UploadServer {
  /** What is in place. */
  content: Uint8Array | undefined;
  /** "OPTIONS", "BEGIN", "HEAD", "APPEND 0+10", "END". */
  readonly log: string[] = [];
  readonly requests: { readonly step: UploadStep; readonly headers: Headers }[] = [];
  readonly uploads = new Map<string, Upload>();
  readonly #options: UploadServerOptions;
  readonly #incidents: Partial<Record<UploadStep, UploadIncident[]>>;

  constructor(
    incidents: Partial<Record<UploadStep, UploadIncident[]>> = {},
    options: UploadServerOptions = {},
  ) {
    this.#incidents = incidents;
    this.#options = options;
  }

  /** What came of the newest upload, to be changed by a test. */
  get newest(): Upload {
    const upload = [...this.uploads.values()].at(-1);
    if (upload === undefined) throw new Error("there is no upload");
    return upload;
  }

  readonly send: Send = async (url, options = {}) => {
    options.signal?.throwIfAborted();
    const headers = new Headers(options.headers);
    const step = stepOf(options.method, headers);
    const offset = Number(headers.get("upload-offset"));
    const length = lengthOf(options.content);
    this.log.push(step === "APPEND" ? `APPEND ${offset}+${length}` : step);
    this.requests.push({ step, headers });
    const incident = this.#incidents[step]?.shift();
    const answer = typeof incident === "function" ? await incident(this, headers) : undefined;
    if (answer !== undefined) return answer;
    const cut = typeof incident === "number" ? incident : Number.POSITIVE_INFINITY;
    if (step === "OPTIONS") return this.#announce();
    if (step === "WHOLE") {
      this.content = await received(options, cut);
      return status(201, { ETag: '"whole"' });
    }
    if (step === "BEGIN") return this.#begin(Number(headers.get("upload-length")));
    const upload = this.uploads.get(new URL(url).pathname);
    if (upload === undefined) return status(404);
    if (step === "HEAD") return this.#tell(upload, headers);
    if (step === "DELETE") {
      this.uploads.delete(new URL(url).pathname);
      return status(204);
    }
    if (offset !== upload.bytes.length) return status(409, { ...speaking, "Upload-Complete": "?0" });
    if (step === "END") return this.#end(upload, cut);
    upload.bytes = Buffer.concat([upload.bytes, await received(options, cut)]);
    if (cut !== Number.POSITIVE_INFINITY) throw lost();
    return status(204, { ...speaking, "Upload-Offset": String(upload.bytes.length) });
  };

  #announce(): Response {
    return status(
      200,
      this.#options.announced ?? { ...speaking, "Upload-Limit": this.#options.limits ?? "min-size=0" },
    );
  }

  #begin(length: number): Response {
    const place = `/.uploads/${this.uploads.size + 1}`;
    this.uploads.set(place, { bytes: new Uint8Array(), length, answer: undefined });
    return status(201, { ...speaking, Location: new URL(place, testBase).href, "Upload-Complete": "?0" });
  }

  #tell({ bytes, length, answer }: Upload, headers: Headers): Response {
    const wants = headers.has("want-repr-digest") && this.#options.digests !== false;
    const digest = createHash("sha256").update(bytes).digest("base64");
    return status(204, {
      ...speaking,
      "Upload-Offset": String(bytes.length),
      "Upload-Length": String(length),
      "Upload-Complete": answer === undefined ? "?0" : "?1",
      ...(wants ? { "Repr-Digest": `sha-256=:${digest}:` } : {}),
    });
  }

  #end(upload: Upload, cut: number): Response {
    upload.answer ??= status(201, { ...speaking, "Upload-Complete": "?1", ETag: '"kept"' });
    this.content = upload.bytes;
    if (cut !== Number.POSITIVE_INFINITY) throw lost();
    return upload.answer;
  }
}

function stepOf(method: string | undefined, headers: Headers): UploadStep {
  const complete = headers.get("upload-complete");
  if (method === "OPTIONS" || method === "HEAD" || method === "DELETE") return method;
  if (method === "PUT") return complete === null ? "WHOLE" : "BEGIN";
  if (method !== "PATCH") throw new Error(`nobody sends ${method}`);
  return complete === "?1" ? "END" : "APPEND";
}

function lengthOf(content: RequestContent | undefined): number {
  if (content instanceof Blob) return content.size;
  if (content instanceof Uint8Array) return content.length;
  return typeof content === "object" && "open" in content ? (content.length ?? 0) : 0;
}

async function received({ content, onSent }: SendOptions, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sent = 0;
  for await (const piece of piecesOf(content)) {
    const part = piece.subarray(0, most - sent);
    pieces.push(part.slice());
    sent += part.length;
    onSent?.(sent);
    if (sent >= most) break;
  }
  return Buffer.concat(pieces);
}

async function* piecesOf(content: RequestContent | undefined): AsyncGenerator<Uint8Array> {
  if (content instanceof Blob) yield* content.stream();
  else if (content instanceof Uint8Array) yield content;
  else if (typeof content === "object" && "open" in content) yield* content.open(0);
}
