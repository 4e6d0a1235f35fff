/** A POST to a collection, as the request for a new member of it that it stands for. */
import { DavError, memberPath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import { requireWrite } from "../methods/change.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { listedPath } from "./listed-paths.ts";

/** Whether a name that a client gives to a new member can be one. */
export function isMemberName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);
}

/** @throws {DavError} 403, 404, 405 where the request's target takes no new members */
export async function requireCollection(request: DavRequest, context: ServerContext): Promise<void> {
  requireWrite(context, request, [request.path]);
  const there = await context.tree.lookup(request.path);
  if (there === undefined) throw new DavError(404, "there is no such collection");
  if (there.kind !== "collection") throw new DavError(405, "only a collection takes a POST");
}

/** Nothing that is there is replaced. @param name see {@link isMemberName} */
export async function memberRequest(
  request: DavRequest,
  { tree }: ServerContext,
  method: "PUT" | "MKCOL",
  name: string,
): Promise<DavRequest> {
  return {
    ...request,
    method,
    path: await listedPath(tree, memberPath(request.path, name)),
    trailingSlash: method === "MKCOL",
    fields: request.fields.with({ "if-none-match": "*" }),
  };
}
