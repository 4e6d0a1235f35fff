/** Whether a request may do what it asks for, as far as that can be said without looking at the tree. */
import { requireWrite } from "./change.ts";
import type { ServerContext } from "./context.ts";
import type { DavRequest } from "./dav-request.ts";
import { parseTransfer } from "./transfer.ts";

/** Whoever repeats a request is asked for the right to it again. @throws {DavError} 403 */
export function requireRights(request: DavRequest, context: ServerContext): void {
  const { method, path } = request;
  if (method === "COPY" || method === "MOVE") parseTransfer(request, context);
  if (method !== "COPY") requireWrite(context, request, [path]);
}
