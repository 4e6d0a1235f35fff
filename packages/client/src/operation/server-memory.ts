import { ConnectionError } from "../error/connection-error.ts";
import { isForLater } from "../repeat/setback.ts";
import { discard } from "../send/bounded-text.ts";
import type { Send } from "../send/send.ts";
import { hasOperations, keepsAnswerTo } from "../status/announcement.ts";
import type { ServerMemory } from "./start-long-request.ts";

/** Methods with their URLs that are remembered; of more, the one that was heard of longest ago is forgotten. */
const mostKept = 1_000;

/** What is known of the server that has `base`: of one origin. */
export function serverMemory(send: Send, base: URL): ServerMemory {
  let operations: boolean | undefined;
  let answered = false;
  let asking: Promise<boolean> | undefined;
  const kept = new Set<string>();

  const memory: ServerMemory = {
    interimsBreak: false,
    get hasOperations() {
      return operations;
    },
    get answered() {
      return answered;
    },
    learn({ headers }) {
      answered = true;
      if (hasOperations(headers)) operations = true;
    },
    learnAnswer({ method, url }, response) {
      const key = `${method} ${url.href}`;
      const keeps = keepsAnswerTo(method, response.headers);
      // Who is not ready to answer may be a proxy.
      if (keeps || !isForLater(response)) kept.delete(key);
      if (keeps) kept.add(key);
      for (const oldest of kept) {
        if (kept.size <= mostKept) break;
        kept.delete(oldest);
      }
    },
    keepsAnswers: ({ method, url }) => kept.has(`${method} ${url.href}`),
    async findOperations(signal) {
      if (operations !== undefined) return operations;
      if (signal) return ask(signal);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };

  async function ask(signal?: AbortSignal): Promise<boolean> {
    const response = await askOptions(send, base, new Headers(), signal);
    memory.learn(response);
    // A refusal says nothing of what the server can do for others, or later.
    if (response.ok) operations ??= false;
    return operations ?? false;
  }

  return memory;
}

/**
 * What OPTIONS of a URL is answered. OPTIONS is no work: a server that does not answer it soon is not there.
 *
 * @throws {ConnectionError} also where the server is not ready
 */
export async function askOptions(
  send: Send,
  url: URL,
  headers: Headers,
  signal?: AbortSignal,
): Promise<Response> {
  const quick = { idleTimeoutMs: 30_000, timeoutMs: 60_000 };
  const response = await send(url, { method: "OPTIONS", headers, ...quick, ...(signal ? { signal } : {}) });
  discard(response);
  if (isForLater(response) || response.status === 429) {
    throw new ConnectionError(
      "refused",
      `${url.host} is not ready: OPTIONS was answered ${response.status}`,
      {
        mayHaveArrived: true,
      },
    );
  }
  return response;
}
