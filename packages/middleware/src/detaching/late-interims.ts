/** Interim responses that a handler sends after its final head: that is too late for them (RFC 9110 §15.2). */
import type { ServerResponse } from "node:http";

const writers = ["writeContinue", "writeProcessing", "writeEarlyHints", "writeInformation"] as const;

/** Has them ignored: node:http would write them between two chunks of the content. */
export function ignoreLateInterims(response: ServerResponse, warn: (message: string) => void): void {
  for (const name of writers) {
    const before: unknown = Reflect.get(response, name);
    if (typeof before !== "function") continue;
    const write = (...given: readonly unknown[]): unknown => {
      if (!response.headersSent) return before.apply(response, given);
      warn(`${name} after the head of the final response is ignored`);
      const done = given.at(-1);
      if (typeof done === "function") process.nextTick(done);
      return undefined;
    };
    Reflect.set(response, name, write);
  }
}
