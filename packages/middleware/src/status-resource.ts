/** Answers requests for status documents: GET shows, DELETE cancels what runs and hides what has ended. */
import type { JournalEntry, Operation, Operations, Outcome } from "@meanwhile/operations";
import { statusDocument } from "./status-document.ts";

/** Where status documents live, below the mount point; begins and ends with a slash. */
export const defaultStatusPath = "/.meanwhile/operations/";

export interface StatusRequest {
  readonly method: string;
  /** What follows the reserved collection's path: "", "ID" or "ID/outcome". */
  readonly rest: string;
  readonly principal: string | undefined;
  /** The absolute URL of the reserved collection, with its trailing slash. */
  readonly collectionUrl: string;
  readonly ifNoneMatch: string | undefined;
}

/**
 * Answers a request for the reserved collection or a status document in it. Whoever is not the operation's principal
 * gets the same 404 as for one that never was; an anonymous one is readable by knowing its URL.
 */
export async function answerStatus(request: StatusRequest, operations: Operations): Promise<Outcome> {
  const { method, rest } = request;
  if (rest === "") return refuse(method, ["GET", "HEAD"]) ?? json(200, { version: 1, operations: [] }, {});
  const refused = refuse(method, ["GET", "HEAD", "DELETE"]);
  if (refused) return refused;
  const [id = "", part, ...more] = rest.split("/");
  const operation = await operations.find(id);
  if (!operation || operation.principal !== request.principal || more.length > 0) return notFound;
  const href = request.collectionUrl + id;
  if (part === "outcome") return refuse(method, ["GET", "HEAD"]) ?? operation.outcome ?? notFound;
  if (part !== undefined && part !== "") return notFound;
  if (method === "DELETE") return end(operation, operations, href);
  return show(operation, href, request.ifNoneMatch);
}

function show(operation: Operation | JournalEntry, href: string, ifNoneMatch: string | undefined): Outcome {
  const etag = `"${operation.version.toString(36)}-${operation.state}"`;
  if (ifNoneMatch?.split(",").some((tag) => tag.trim() === etag)) {
    return { status: 304, fields: { ...common, ETag: etag }, content: "" };
  }
  return json(200, statusDocument(operation, href), { ETag: etag });
}

async function end(
  operation: Operation | JournalEntry,
  operations: Operations,
  href: string,
): Promise<Outcome> {
  if ("cancel" in operation && operation.cancel()) return json(202, statusDocument(operation, href), {});
  await operations.hide(operation.id);
  return { status: 204, fields: common, content: "" };
}

const common = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
} as const;

const notFound: Outcome = problem(404, "There is no such operation, or it is not yours.");

function refuse(method: string, allowed: readonly string[]): Outcome | undefined {
  if (allowed.includes(method)) return undefined;
  // Status documents are no WebDAV resources: nothing may be put, copied, moved or locked here.
  return problem(403, "Status documents are not part of the tree.", { Allow: allowed.join(", ") });
}

function json(status: number, value: unknown, fields: Record<string, string>): Outcome {
  return {
    status,
    fields: { "Content-Type": "application/json", ...common, ...fields },
    content: `${JSON.stringify(value)}\n`,
  };
}

function problem(status: number, title: string, fields: Record<string, string> = {}): Outcome {
  return {
    status,
    fields: { "Content-Type": "application/problem+json", ...common, ...fields },
    content: `${JSON.stringify({ status, title })}\n`,
  };
}
