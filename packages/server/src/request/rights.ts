/** Whether a request may do what it asks for, as far as that can be said without looking at the tree. */
import type { ServerContext } from "../context.ts";
import { requireWrite, withParent } from "../methods/change.ts";
import { parseTransfer } from "../trees/transfer.ts";
import type { DavRequest } from "./dav-request.ts";

/** Whoever repeats a request is asked for the right to it again, as the method itself asks. @throws {DavError} 403 */
export function requireRights(request: DavRequest, context: ServerContext): void {
  const { method, path } = request;
  switch (method) {
    case "COPY":
      parseTransfer(request, context);
      break;
    case "MOVE":
      parseTransfer(request, context);
      requireWrite(context, request, withParent(path));
      break;
    case "DELETE":
    case "MKCOL":
      requireWrite(context, request, withParent(path));
      break;
    default:
      requireWrite(context, request, [path]);
  }
}
