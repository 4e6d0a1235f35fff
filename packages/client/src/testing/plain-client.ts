/** Clients with all verbs over the simplest connections, for tests on the wire. */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { createDavClient } from "../dav/create-dav-client.ts";
import type { DavClient } from "../dav/dav-client.ts";
import { Places } from "../dav/place.ts";
import { ConnectionError } from "../error/connection-error.ts";
import { OutcomeUnknownError } from "../error/operation-error.ts";
import { nodeHash } from "../node-crypto.ts";
import type { LongRequest, RequestProgress } from "../operation/long-request.ts";
import type { LongRequestContext, LongRequestPlan } from "../operation/long-request-plan.ts";
import type { ServerMemory } from "../operation/server-memory.ts";
import { serverMemories } from "../operation/server-memory.ts";
import { startLongRequest } from "../operation/start-long-request.ts";
import { watchOperation } from "../operation/watch-operation.ts";
import { realSurroundings } from "../repeat/surroundings.ts";
import type { RequestContent, Send, SendOptions } from "../send/send.ts";
import { LatestNews } from "../status/latest-news.ts";

/** A client that comes back after lost connections to a server that keeps answers, as the real one does. */
export function returningClient(base: string): DavClient {
  const agent = new Agent({ keepAlive: true });
  const places = new Places(base);
  const send = plainSend(agent);
  return createDavClient({
    places,
    send,
    memoryOf: serverMemories(send, places.base),
    // It does not wait long.
    surroundings: { ...realSurroundings, random: () => 0.01 },
    startLongRequest,
    watchOperation,
    rest: async () => undefined,
    patience: {},
    newHash: nodeHash,
    close: async () => agent.destroy(),
  });
}

/** A client that never sends anything twice by itself, as the real one does to a server that keeps no answers. */
export function plainClient(base: string): DavClient {
  const agent = new Agent({ keepAlive: true });
  const memory: ServerMemory = {
    interimsBreak: false,
    hasOperations: false,
    answered: true,
    findOperations: async () => false,
    keepsAnswers: () => false,
    learn: () => undefined,
    learnAnswer: () => undefined,
  };
  return createDavClient({
    places: new Places(base),
    send: plainSend(agent),
    memoryOf: () => memory,
    surroundings: {
      now: () => performance.now(),
      sleep: async () => undefined,
      random: Math.random,
      newKey: () => "none",
    },
    startLongRequest: plainLongRequest,
    watchOperation: () => {
      throw new Error("nothing is watched here");
    },
    rest: async () => undefined,
    patience: {},
    newHash: nodeHash,
    close: async () => agent.destroy(),
  });
}

function plainSend(agent: Agent): Send {
  return (url, options = {}) =>
    new Promise((resolve, reject) => {
      const { method = "GET", content, signal } = options;
      signal?.throwIfAborted();
      const headers = Object.fromEntries(new Headers(options.headers));
      const sent = request(url, { method, headers: { ...headers, ...lengthOf(content) }, agent });
      const lost = (cause: unknown): void =>
        reject(
          signal?.aborted
            ? signal.reason
            : new ConnectionError("lost", "lost", { mayHaveArrived: true, cause }),
        );
      const abort = (): void => void sent.destroy();
      signal?.addEventListener("abort", abort, { once: true });
      sent.once("close", () => signal?.removeEventListener("abort", abort));
      sent.once("error", lost);
      sent.once("response", (message) => resolve(responseOf(message, signal)));
      write(sent, content, options).catch((error: Error) => sent.destroy(error));
    });
}

function lengthOf(content: RequestContent | undefined): Readonly<Record<string, string>> {
  if (content === undefined) return {};
  if (typeof content === "string") return { "Content-Length": `${Buffer.byteLength(content)}` };
  if (typeof content === "object" && "open" in content) return { "Content-Length": `${content.length}` };
  throw new TypeError("only text and repeatable content here");
}

async function write(
  sent: ClientRequest,
  content: RequestContent | undefined,
  { onSent }: SendOptions,
): Promise<void> {
  if (typeof content === "object" && "open" in content) {
    let bytes = 0;
    for await (const chunk of content.open(0)) {
      if (sent.destroyed) return;
      await new Promise<void>((resolve) => {
        sent.write(chunk, () => resolve());
        sent.once("close", resolve);
      });
      bytes += chunk.length;
      onSent?.(bytes);
    }
    sent.end();
  } else sent.end(content);
}

function responseOf(message: IncomingMessage, signal: AbortSignal | undefined): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, String(value));
  const status = message.statusCode ?? 0;
  if (status === 204 || status === 304) {
    message.resume();
    return new Response(null, { status, headers });
  }
  async function* body(): AsyncGenerator<Uint8Array> {
    const abort = (): void => void message.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      yield* message;
    } catch (cause) {
      throw signal?.aborted
        ? signal.reason
        : new ConnectionError("lost", "lost", { mayHaveArrived: true, cause });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
  // The types of the two streams differ in name only.
  const stream = Readable.toWeb(Readable.from(body(), { objectMode: false })) as ReadableStream<Uint8Array>;
  return new Response(stream, { status, headers });
}

function plainLongRequest<Outcome>(
  { send }: LongRequestContext,
  plan: LongRequestPlan<Outcome>,
): LongRequest<Outcome> {
  const { method, url, read, ...options } = plan;
  let latest: RequestProgress = { stage: "sending", done: 0, failures: 0 };
  const news = new LatestNews(() => latest);
  const cancelled = new AbortController();
  const signal =
    options.signal === undefined ? cancelled.signal : AbortSignal.any([options.signal, cancelled.signal]);
  const run = async (): Promise<Outcome> => {
    try {
      return await read(
        await send(url, {
          ...options,
          ...{ method, signal },
          onSent(done) {
            latest = { stage: "sending", done, failures: 0 };
            news.changed();
          },
        }),
      );
    } catch (error) {
      throw error instanceof ConnectionError ? new OutcomeUnknownError(method, url, error) : error;
    } finally {
      news.end();
    }
  };
  return {
    progress: news,
    outcome: run(),
    url: undefined,
    cancel: async () => cancelled.abort(new Error("cancelled")),
    detach: () => undefined,
  };
}
