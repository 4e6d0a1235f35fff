import { ConnectionError } from "../error/connection-error.ts";
import type { Send } from "../http/send.ts";
import { discard } from "./bounded-text.ts";
import type { ServerMemory } from "./start-long-request.ts";

/**
 * What is known of the server that has `base`. It is asked by OPTIONS when, for the first time, somebody has to know
 * whether it keeps answers; several who want to know at once ask once.
 */
export function serverMemory(send: Send, base: URL): ServerMemory {
  let keeps: boolean | undefined;
  let answered = false;
  let asking: Promise<boolean> | undefined;

  const memory: ServerMemory = {
    interimsBreak: false,
    get keeps() {
      return keeps;
    },
    get answered() {
      return answered;
    },
    learn({ headers }) {
      answered = true;
      if (saysSo(headers)) keeps = true;
    },
    async keepsAnswers(signal) {
      if (keeps !== undefined) return keeps;
      if (signal) return ask(signal);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };

  async function ask(signal?: AbortSignal): Promise<boolean> {
    const response = await send(base, { method: "OPTIONS", ...quick, ...(signal ? { signal } : {}) });
    discard(response);
    const { status } = response;
    if (status === 429 || (status >= 502 && status <= 504)) {
      throw new ConnectionError("refused", `${base.host} is not ready: OPTIONS was answered ${status}`, {
        mayHaveArrived: true,
      });
    }
    memory.learn(response);
    // A refusal says nothing of what the server can do for others, or later.
    if (response.ok) keeps ??= false;
    return keeps ?? false;
  }

  return memory;
}

/** OPTIONS is no work: whoever does not answer it soon is not there. */
const quick = { idleTimeoutMs: 30_000, timeoutMs: 60_000 } as const;

/** The class that our WebDAV server announces (RFC 4918 §10.1), or the field of the middleware's responses. */
function saysSo(headers: Headers): boolean {
  if (headers.get("operations")?.trim() === "1") return true;
  const classes = (headers.get("dav") ?? "").split(",").map((name) => name.trim());
  return classes.includes("<urn:meanwhile:operations:1>");
}
