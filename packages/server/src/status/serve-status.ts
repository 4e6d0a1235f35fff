/** Mounts status documents at their reserved place: outside the tree, and no WebDAV resources. */
import { DavError, encodePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { type StatusAnswer, statusFields, statusMethods } from "@meanwhile/middleware/internal";
import { interimAllowance } from "../http/allowance.ts";
import type { Answer, AnswerFields } from "../http/answer.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { ReservedPaths } from "../target/reserved.ts";

/** @throws {DavError} 404 or 403 for the collections above that of status documents */
export async function serveStatus(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  { status, reserved, policy }: Pick<PipelineOptions, "status" | "reserved" | "policy">,
): Promise<Handled> {
  const { method, principal } = request;
  const { preferences } = request.fields;
  const rest = reserved.restOf(request.path);
  if (rest === undefined) {
    const reads = method === "GET" || method === "HEAD" || method === "PROPFIND";
    throw reads
      ? new DavError(404, "there is no such file or folder")
      : new DavError(403, "this part of the server holds status documents, and no files");
  }
  const allowance = interimAllowance(exchange, connection, preferences.processing, policy);
  const collectionUrl = statusUrl(request, { reserved }, "");
  const told = await status.answer(exchange, {
    method,
    rest,
    headers: request.fields.raw,
    preferences,
    principal,
    collectionUrl,
    home: `${request.prefix}/`,
    allowance,
  });
  return {
    answer: answerOf(told),
    ...(told.operation === undefined ? {} : { operation: told.operation }),
    ...(told.interims === undefined ? {} : { interims: told.interims, profile: allowance.profile }),
  };
}

/** The absolute URL of an operation's status document, as the client sees the server. */
export function statusUrl(
  { origin, prefix }: Pick<DavRequest, "origin" | "prefix">,
  { reserved }: Pick<PipelineOptions, "reserved">,
  id: string,
): string {
  return origin + prefix + encodePath(reserved.collection, true) + id;
}

/** What OPTIONS says of a reserved path: the same whether or not anything is there. */
export function reservedOptions(reserved: ReservedPaths, path: DavRequest["path"]): AnswerFields {
  const rest = reserved.restOf(path);
  return { Allow: rest === undefined ? "OPTIONS" : statusMethods(rest).join(", ") };
}

/** Fields that answers about operations have, for errors that come before anybody looked for one. */
export const reservedErrorFields: AnswerFields = statusFields;

function answerOf({ status, fields, content }: StatusAnswer): Answer {
  if (typeof content === "string" || content instanceof Uint8Array) {
    const none = content.length === 0;
    return { status, fields, body: none ? { kind: "none" } : { kind: "bytes", bytes: content } };
  }
  return {
    status,
    fields,
    // It frees what it holds when it ends, and holds nothing before it begins.
    body: { kind: "stream", length: undefined, open: () => content, close: () => undefined },
  };
}
