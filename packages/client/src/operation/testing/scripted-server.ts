/** A server that answers as a test has written down, and the surroundings of a client without any real time. */
import { ConnectionError, type ConnectionErrorCode } from "../../error/connection-error.ts";
import type { Surroundings } from "../../repeat/surroundings.ts";
import type { Send } from "../../send/send.ts";
import type { LongRequestContext } from "../long-request-plan.ts";
import type { ServerMemory } from "../server-memory.ts";
import { serverMemory } from "../server-memory.ts";

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly content?: string | object | ReadableStream<Uint8Array>;
  /** Fields of interim responses, 102 each, that come before. */
  readonly interims?: readonly Readonly<Record<string, string>>[];
  /** No final response: the connection ends so. */
  readonly lost?: ConnectionErrorCode;
  readonly mayHaveArrived?: boolean;
  /** No final response, and nothing else either, until the client leaves, or has waited as long as it said. */
  readonly hangs?: true;
}

export interface ScriptedServer {
  readonly context: LongRequestContext;
  readonly memory: ServerMemory;
  /** "COPY /a", with what was said in Prefer, Idempotency-Key, Accept, and so on, where the test wants to see it. */
  readonly log: readonly string[];
  readonly requests: readonly ScriptedRequest[];
  /** How long the client waited each time, in milliseconds. */
  readonly naps: readonly number[];
  /** The time, in milliseconds. */
  nowMs: number;
}

export interface ScriptedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly idleTimeoutMs: number | undefined;
}

/** Called where a reply depends on the test: with the request, as it comes. */
export type Answerer = (request: ScriptedRequest) => Reply | Promise<Reply>;

/** Each reply answers one request, in order: `"COPY /a"` says which one it is for. Any other request is an error. */
export function scriptedServer(
  script: readonly (readonly [request: string, reply: Reply | Answerer])[],
  given: Partial<LongRequestContext> & { readonly random?: number } = {},
): ScriptedServer {
  const log: string[] = [];
  const requests: ScriptedRequest[] = [];
  const naps: number[] = [];
  let next = 0;
  let keys = 0;

  const send: Send = async (url, options = {}) => {
    const { method = "GET", signal } = options;
    const line = `${method} ${url.origin === base.origin ? url.pathname : url.href}`;
    log.push(line);
    const step = script[next];
    next += 1;
    if (step === undefined || step[0] !== line) {
      throw new Error(`request ${next} is ${line}, and the script has ${step?.[0] ?? "none"}`);
    }
    const request = {
      method,
      url,
      headers: new Headers(options.headers),
      signal,
      timeoutMs: options.timeoutMs,
      idleTimeoutMs: options.idleTimeoutMs,
    };
    requests.push(request);
    if (signal?.aborted) throw signal.reason;
    const reply = typeof step[1] === "function" ? await step[1](request) : step[1];
    for (const headers of reply.interims ?? []) {
      options.onInterim?.({ status: 102, headers: new Headers(headers) });
    }
    if (reply.hangs && options.idleTimeoutMs !== undefined) {
      server.nowMs += options.idleTimeoutMs;
      throw new ConnectionError("idle", "nothing was heard", { mayHaveArrived: true });
    }
    if (reply.hangs) {
      await new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    }
    if (reply.lost !== undefined) {
      throw new ConnectionError(reply.lost, `the connection is ${reply.lost}`, {
        mayHaveArrived: reply.mayHaveArrived ?? reply.lost !== "refused",
        interims: reply.interims?.length ?? 0,
      });
    }
    return responseOf(reply);
  };

  const server = {
    log,
    requests,
    naps,
    nowMs: 0,
  };
  const surroundings: Surroundings = {
    now: () => server.nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      naps.push(ms);
      server.nowMs += ms;
    },
    random: () => given.random ?? 0.5,
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
  };
  const memory = given.memory ?? serverMemory(send, new URL("/", base));
  return Object.assign(server, { context: { send, memory, surroundings, ...given }, memory });
}

export const base: URL = new URL("http://h.example/");

/** A URL of the scripted server. */
export function at(path: string): URL {
  return new URL(path, base);
}

function responseOf({ status = 200, headers = {}, content }: Reply): Response {
  const json = typeof content === "object" && !(content instanceof ReadableStream);
  const fields = new Headers(headers);
  if (json && !fields.has("content-type")) fields.set("Content-Type", "application/json");
  const body = json ? JSON.stringify(content) : content;
  return new Response(body ?? null, { status, headers: fields });
}

/** A status document at /ops/1. */
export function document(state: string, fields: object = {}): Reply {
  const ended = state !== "running" && state !== "cancelling";
  return {
    content: {
      version: 1,
      id: "1",
      href: "http://h.example/ops/1",
      state,
      method: "COPY",
      target: "http://h.example/a",
      started: "2026-01-15T12:00:00.000Z",
      progress: { done: 2, total: 4 },
      failed: [],
      failures: 0,
      ...(ended ? { outcome: { status: 201, href: "http://h.example/ops/1/outcome" } } : {}),
      ...fields,
    },
    headers: { ETag: `"${state}"` },
  };
}

/** The event stream of /ops/1; without an `outcome` it ends too soon. */
export function events(...documents: readonly Reply[]): Reply {
  const text = documents.map(({ content }) => {
    const ended = "outcome" in (content as object);
    return `event: ${ended ? "outcome" : "progress"}\nid: ${ended ? "end" : "7.1"}\ndata: ${JSON.stringify(content)}\n\n`;
  });
  return { headers: { "Content-Type": "text/event-stream" }, content: `retry: 2000\n\n${text.join("")}` };
}

/** The recorded final response of /ops/1. */
export function outcome(status: number, fields: Reply = {}): Reply {
  const headers = { Link: '<http://h.example/ops/1>; rel="status"', ...fields.headers };
  return { ...fields, status, headers };
}
