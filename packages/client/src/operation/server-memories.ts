import type { Send } from "../send/send.ts";
import { serverMemory } from "./server-memory.ts";
import type { ServerMemory } from "./start-long-request.ts";

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
