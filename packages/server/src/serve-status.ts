/** Status documents, at their reserved place: outside the tree, and no WebDAV resources. */

import { DavError } from "@meanwhile/dav/error";
import { encodePath } from "@meanwhile/dav/path";
import { answerStatus } from "@meanwhile/middleware";
import type { DavRequest } from "./dav-request.ts";
import { answerOf } from "./outcome.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";

export async function serveStatus(
  request: DavRequest,
  { operations, reserved }: Pick<PipelineOptions, "operations" | "reserved">,
): Promise<Handled> {
  const rest = reserved.restOf(request.path);
  if (rest === undefined) {
    const reads = request.method === "GET" || request.method === "HEAD" || request.method === "PROPFIND";
    throw reads
      ? new DavError(404, "there is no such resource")
      : new DavError(403, "this part of the server is not for resources");
  }
  const outcome = await answerStatus(
    {
      method: request.method,
      rest,
      principal: request.principal,
      collectionUrl: statusUrl(request, { reserved }, ""),
      ifNoneMatch: request.headers["if-none-match"],
    },
    operations,
  );
  return { answer: answerOf(outcome) };
}

/** The absolute URL of an operation's status document, as the client sees the server. */
export function statusUrl(
  { origin, prefix }: Pick<DavRequest, "origin" | "prefix">,
  { reserved }: Pick<PipelineOptions, "reserved">,
  id: string,
): string {
  return origin + prefix + encodePath(reserved.collection, true) + id;
}
