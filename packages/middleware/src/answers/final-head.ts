/** What is done as a handler writes the head of its final response. */
import type { ServerResponse } from "node:http";
import { ignoreContent } from "@meanwhile/interim/internal";
import { announcement } from "./announcement.ts";

type WriteHead = (status: number, reason?: unknown, fields?: unknown) => ServerResponse;

const [announced, version] = announcement;

/**
 * Has the response say that its route knows operations. A handler that sets an interim status as its final one gets a
 * clear 500 instead.
 *
 * RFC 9110 §15.2: a 1xx never is a final response; clients would wait on for one.
 * @param answered called when the handler writes its head
 */
export function watchFinalHead(
  response: ServerResponse,
  warn: (message: string) => void,
  answered: () => void,
): void {
  const before = response.writeHead as WriteHead;
  const watched: WriteHead = function (this: ServerResponse, status, reason, fields) {
    answered();
    if (status < 200 && status >= 100) {
      warn(`${status} is the status of an interim response and cannot be final: sent as 500`);
      for (const name of this.getHeaderNames()) this.removeHeader(name);
      // What the handler writes as its content is about something else.
      ignoreContent(this);
      return before.call(this, 500, "Interim Status As Final", {
        "Content-Length": "0",
        [announced]: version,
      });
    }
    const given = typeof reason === "string" ? fields : (fields ?? reason);
    if (typeof given !== "object" || given === null) {
      this.setHeader(announced, version);
      return before.call(this, status, reason, fields);
    }
    // Node is quicker with fields that all come by this way than with some that were set before.
    const all = Array.isArray(given) ? withLine(given) : withField(given);
    return typeof reason === "string"
      ? before.call(this, status, reason, all)
      : before.call(this, status, all);
  };
  response.writeHead = watched as ServerResponse["writeHead"];
}

const lowerCase = announced.toLowerCase();

function isAnnounced(name: unknown): boolean {
  return typeof name === "string" && name.length === lowerCase.length && name.toLowerCase() === lowerCase;
}

/** A handler that passes on what another service said of itself has it already. */
function withField(fields: object): object {
  const all: Record<string, unknown> = { ...fields };
  for (const name in all) if (isAnnounced(name)) delete all[name];
  all[announced] = version;
  return all;
}

/** Of names and values in turn, or of pairs; what is neither is for Node to refuse. */
function withLine(lines: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(lines[0])) {
    const others = lines.filter((line) => !(Array.isArray(line) && isAnnounced(line[0])));
    return [...others, [announced, version]];
  }
  if (lines.length % 2 !== 0) return lines;
  const others = lines.filter((_, at) => !isAnnounced(lines[at - (at % 2)]));
  return [...others, announced, version];
}
