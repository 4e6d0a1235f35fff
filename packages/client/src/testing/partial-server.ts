/** A server with one resource that takes partial updates, loses connections as a test says, and has no network. */
import { ConnectionError } from "../error/connection-error.ts";
import type { Send, SendOptions } from "../send/send.ts";

export interface PartialServerOptions {
  /** Its `DAV` field. Default: it takes partial updates. */
  readonly dav?: string;
  /** What came of a request that was cut is not kept. Default: no. */
  readonly atomic?: boolean;
  /** Default: yes. */
  readonly heedsIfMatch?: boolean;
  /** Default: `"1"`, `"2"` ... with each change. */
  readonly etag?: (version: number) => string;
  /** What is there at first. */
  readonly content?: Uint8Array;
}

/**
 * What happens to the next request of a method, in the place of the usual: the connection ends after so many bytes of its
 * content, or this answers it, or (undefined) this happens before.
 */
export type Incident = number | ((server: PartialServer) => Response | undefined);

export class PartialServer {
  content: Uint8Array | undefined;
  /** "PUT", "HEAD", "GET 0-9", "PATCH 9-". */
  readonly log: string[] = [];
  readonly requests: { readonly method: string; readonly headers: Headers }[] = [];
  readonly #options: PartialServerOptions;
  readonly #incidents: Record<string, Incident[]>;
  #version = 1;

  constructor(incidents: Record<string, Incident[]>, options: PartialServerOptions = {}) {
    this.#incidents = incidents;
    this.#options = options;
    this.content = options.content;
  }

  get etag(): string {
    return this.#options.etag?.(this.#version) ?? `"${this.#version}"`;
  }

  /** Somebody else puts this. */
  replace(content: Uint8Array | undefined): void {
    this.content = content;
    this.#version += 1;
  }

  readonly send: Send = async (_url, options = {}) => {
    const { method = "GET" } = options;
    const headers = new Headers(options.headers);
    const range = headers.get("range") ?? headers.get("x-update-range");
    this.log.push(range === null ? method : `${method} ${range.replace("bytes=", "")}`);
    this.requests.push({ method, headers });
    const incident = this.#incidents[method]?.shift();
    const answer = typeof incident === "function" ? incident(this) : undefined;
    if (answer !== undefined) return answer;
    const ifMatch = headers.get("if-match");
    if (this.#options.heedsIfMatch !== false && ifMatch !== null && ifMatch !== this.etag) return status(412);
    if (headers.get("if-none-match") === "*" && this.content !== undefined) return status(412);
    const cut = typeof incident === "number" ? incident : undefined;
    switch (method) {
      case "OPTIONS":
        return status(200, { DAV: this.#options.dav ?? "1, 2, 3, sabredav-partialupdate" });
      case "PUT":
        return this.#write(0, options, cut);
      case "PATCH":
        return this.#write(Number(/\d+/.exec(range ?? "")), options, cut);
      default:
        return this.#read(method, range, cut);
    }
  };

  async #write(
    start: number,
    { content, onSent }: SendOptions,
    cut = Number.POSITIVE_INFINITY,
  ): Promise<Response> {
    if (content === undefined || typeof content !== "object" || !("open" in content))
      throw new Error("no content");
    const whole = new Uint8Array(
      Math.max(start > 0 ? (this.content?.length ?? 0) : 0, start + (content.length ?? 0)),
    );
    if (start > 0 && this.content) whole.set(this.content);
    const before = this.content;
    let sent = 0;
    for await (const piece of content.open(0)) {
      const part = piece.subarray(0, cut - sent);
      whole.set(part, start + sent);
      sent += part.length;
      onSent?.(sent);
      if (sent === cut) break;
    }
    if (sent < cut || this.#options.atomic !== true) {
      this.replace(
        sent < cut ? whole : whole.slice(0, Math.max(start + sent, start > 0 ? (before?.length ?? 0) : 0)),
      );
    }
    if (sent === cut) throw lost();
    return status(before === undefined ? 201 : 204, { ETag: this.etag });
  }

  #read(method: string, range: string | null, cut: number | undefined): Response {
    const { content } = this;
    if (content === undefined) return status(404);
    const [start = 0, end = content.length - 1] = (range?.match(/\d+/g) ?? []).map(Number);
    if (start >= content.length) return status(416);
    const last = Math.min(end, content.length - 1);
    const headers: Record<string, string> = { ETag: this.etag, "Content-Length": `${last - start + 1}` };
    if (method === "HEAD") return status(200, headers);
    const part = content.subarray(start, last + 1);
    if (range !== null) headers["Content-Range"] = `bytes ${start}-${last}/${content.length}`;
    let done = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (done) return cut === undefined ? controller.close() : controller.error(lost());
        controller.enqueue(cut === undefined ? part : part.subarray(0, cut));
        done = true;
      },
    });
    return new Response(body, { status: range === null ? 200 : 206, headers });
  }
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: code, headers });
}

export function lost(): ConnectionError {
  return new ConnectionError("lost", "the connection is lost", { mayHaveArrived: true });
}
