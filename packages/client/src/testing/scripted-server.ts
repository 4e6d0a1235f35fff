/** A server that answers as a test says, without a network. */

import { createDavClient } from "../dav/create-dav-client.ts";
import type { DavClient } from "../dav/dav-client.ts";
import { Places } from "../dav/place.ts";
import { nodeHash } from "../node-crypto.ts";
import type { LongRequest } from "../operation/long-request.ts";
import type { LongRequestContext, LongRequestPlan } from "../operation/long-request-plan.ts";
import { serverMemory } from "../operation/server-memory.ts";
import type { Surroundings } from "../repeat/surroundings.ts";
import type { RequestContent, Send, SendOptions } from "../send/send.ts";

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly content: string;
}

export type ScriptedAnswer = (request: SeenRequest, options: SendOptions) => Response | Promise<Response>;

export interface ScriptedServer {
  readonly send: Send;
  readonly seen: readonly SeenRequest[];
}

/** Answers each request by the next of `answers`; the last one answers all others. */
export function scriptedServer(...answers: readonly (ScriptedAnswer | Response)[]): ScriptedServer {
  const seen: SeenRequest[] = [];
  const contents = new Map<Response, Promise<ArrayBuffer>>();
  return {
    seen,
    async send(url, options = {}) {
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      const request = {
        method: options.method ?? "GET",
        url: new URL(url),
        headers: new Headers(options.headers),
        content: await textOf(options.content),
      };
      seen.push(request);
      if (answer === undefined) throw new Error("nobody said what to answer");
      options.signal?.throwIfAborted();
      if (typeof answer === "function") return answer(request, options);
      return again(answer, contents);
    },
  };
}

export const testBase = "https://files.example/dav/";

/** A client of a server that does not keep answers. Requests that may take long are sent once, and read. */
export function clientOf(server: Pick<ScriptedServer, "send">, time: Surroundings = testTime()): DavClient {
  const memory = serverMemory(server.send, new URL(testBase));
  return createDavClient({
    places: new Places(testBase),
    send: server.send,
    memoryOf: () => memory,
    surroundings: time,
    startLongRequest: sendOnce,
    watchOperation: () => {
      throw new Error("there is no operation");
    },
    rest: (milliseconds, signal) => time.sleep(milliseconds, signal),
    patience: {},
    newHash: nodeHash,
    close: async () => undefined,
  });
}

/** Time that passes only where it is slept. */
export function testTime(): Surroundings & { readonly slept: readonly number[] } {
  let nowMs = 0;
  let keys = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      nowMs += milliseconds;
    },
    random: () => 0.5,
    newKey: () => `key-${++keys}`,
  };
}

/** A 207 with these `DAV:response` elements; the prefix D is bound to "DAV:". */
export function multistatusAnswer(...responses: readonly string[]): Response {
  const document = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${responses.join("\n")}</D:multistatus>`;
  return new Response(document, { status: 207, headers: { "Content-Type": "application/xml" } });
}

function sendOnce<Outcome>(
  context: LongRequestContext,
  plan: LongRequestPlan<Outcome>,
): LongRequest<Outcome> {
  const { method, url, headers, content, read } = plan;
  const options = { method, headers, ...(content === undefined ? {} : { content }) };
  return {
    progress: (async function* () {})(),
    outcome: context.send(url, options).then((response) => read(response)),
    url: undefined,
    cancel: async () => undefined,
    detach: () => undefined,
  };
}

/** The same answer once more: its content can be read but once. */
async function again(answer: Response, contents: Map<Response, Promise<ArrayBuffer>>): Promise<Response> {
  const { status, headers } = answer;
  if (answer.body === null) return new Response(null, { status, headers });
  const content = contents.get(answer) ?? answer.arrayBuffer();
  contents.set(answer, content);
  return new Response(await content, { status, headers });
}

async function textOf(content: RequestContent | undefined): Promise<string> {
  if (content === undefined) return "";
  if (typeof content === "string") return content;
  if (content instanceof Uint8Array || content instanceof Blob || content instanceof ReadableStream) {
    return new Response(content as Blob).text();
  }
  let text = "";
  for await (const piece of content.open(0)) text += new TextDecoder().decode(piece);
  return text;
}
