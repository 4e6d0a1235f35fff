import { ConnectionError } from "../error/connection-error.ts";
import { isForLater } from "../repeat/setback.ts";
import { abandon } from "../send/received-content.ts";
import type { Send } from "../send/send.ts";
import { hasOperations, keepsAnswerTo } from "../status/announcement.ts";

/** What is known of one origin, kept as long as the client. */
export interface ServerMemory {
  /**
   * Whether some response has said that there are operations, as in `DAV` or `Operations`; undefined where that is not
   * known. A request may say then that it would rather have a 202. It is no leave to send one again: of other methods and
   * other URLs it says nothing.
   */
  readonly hasOperations: boolean | undefined;
  /**
   * The same; asks by OPTIONS where it is not known.
   *
   * @throws {ConnectionError} where the server cannot be asked now
   */
  findOperations(signal?: AbortSignal): Promise<boolean>;
  /** Whether the last answer to a request of that method and URL has said that such answers are kept. */
  keepsAnswers(request: { readonly method: string; readonly url: URL }): boolean;
  /** Takes notice of the final response to that request. */
  learnAnswer(
    request: { readonly method: string; readonly url: URL },
    response: Pick<Response, "status" | "headers">,
  ): void;
  /** It has answered before: where nobody listens, it is expected to come back. */
  readonly answered: boolean;
  /** Takes notice of what a response says of its server. */
  learn(response: { readonly headers: Headers }): void;
  /** A hop on the way loses what follows an interim response: from now on none is asked for. */
  interimsBreak: boolean;
}

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
  abandon(response);
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

/** Origins that are remembered; of more, the one that was heard of longest ago is forgotten. */
const mostOrigins = 64;

/** A memory for each origin: what one server says counts for no other. That of `base` is never forgotten. */
export function serverMemories(send: Send, base: URL): (url: URL) => ServerMemory {
  const own = serverMemory(send, base);
  const others = new Map<string, ServerMemory>();
  return (url) => {
    if (url.origin === base.origin) return own;
    const memory = others.get(url.origin) ?? serverMemory(send, new URL("/", url));
    others.delete(url.origin);
    others.set(url.origin, memory);
    for (const oldest of others.keys()) {
      if (others.size <= mostOrigins) break;
      others.delete(oldest);
    }
    return memory;
  };
}
