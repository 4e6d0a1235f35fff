/** Which method does what. */
import type { ServerContext } from "./context.ts";
import type { Answer } from "./http/answer.ts";
import type { ChangeMethod } from "./methods/change.ts";
import { copy } from "./methods/copy.ts";
import { remove } from "./methods/delete.ts";
import { get } from "./methods/get.ts";
import { lock } from "./methods/lock.ts";
import { mkcol } from "./methods/mkcol.ts";
import { move } from "./methods/move.ts";
import { propfind } from "./methods/propfind.ts";
import { changeProperties } from "./methods/proppatch.ts";
import { put } from "./methods/put.ts";
import { unlock } from "./methods/unlock.ts";
import type { DavRequest } from "./request/dav-request.ts";

export type ReadMethod = (request: DavRequest, context: ServerContext) => Promise<Answer>;

/** Safe methods (RFC 9110 §9.2.1): their work stops when nobody waits for it. */
export const reading: ReadonlyMap<string, ReadMethod> = new Map([
  ["GET", get],
  ["HEAD", get],
  ["PROPFIND", propfind],
]);

/** Methods that change something: their work is an operation. */
export const changing: ReadonlyMap<string, ChangeMethod> = new Map([
  ["PUT", put],
  ["DELETE", remove],
  ["MKCOL", mkcol],
  ["COPY", copy],
  ["MOVE", move],
  ["PROPPATCH", changeProperties],
  ["LOCK", lock],
  ["UNLOCK", unlock],
]);
