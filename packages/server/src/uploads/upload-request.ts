/** What a request says of the upload that it begins or goes on with, and what answers say of it. */
import {
  badRequest,
  DavError,
  formatUploadComplete,
  formatUploadLimit,
  uploadInteropVersion,
} from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { Answer, AnswerFields } from "../http/answer.ts";
import type { RequestFields } from "../request/request-fields.ts";
import type { KeptUpload } from "./kept-upload.ts";

/** On all answers to requests for an upload. */
export const interopFields: Readonly<Record<string, string>> = {
  "Upload-Draft-Interop-Version": String(uploadInteropVersion),
};

/**
 * The length of the whole, as the request says it: by `Upload-Length`, or by its own length where it has all the rest.
 * @param upload how many bytes came before, and the length that was said then
 * @throws {DavError} 400 where these do not fit, 413 beyond the limit
 */
export function uploadLength(
  request: {
    readonly fields: RequestFields;
    readonly content: { readonly length: number | undefined };
  },
  context: ServerContext,
  upload: { readonly offset: number; readonly length?: number } = { offset: 0 },
): number | undefined {
  const { fields, content } = request;
  const end = content.length === undefined ? undefined : upload.offset + content.length;
  const rest = fields.uploadComplete === true ? end : undefined;
  const said = [upload.length, fields.uploadLength, rest];
  const lengths = new Set(said.filter((length) => length !== undefined));
  if (lengths.size > 1) throw inconsistentLength();
  const [length] = lengths;
  if (length !== undefined && end !== undefined && end > length) throw inconsistentLength();
  requireLength(Math.max(length ?? 0, end ?? 0), context);
  return length;
}

/** @throws {DavError} 413 where so much is not taken */
export function requireLength(length: number, { limits, keptUploads }: ServerContext): void {
  const { contentBytes } = limits;
  if (contentBytes === undefined || length <= contentBytes) return;
  throw new DavError(413, `the content is larger than ${contentBytes} bytes`, {
    fields: { "Upload-Limit": limitField({ limits }, keptUploads?.seconds) },
  });
}

function inconsistentLength(): DavError {
  return badRequest("the lengths of the upload that were said contradict each other");
}

/** `Upload-Limit` of an upload, or of all that may begin. */
export function limitField({ limits }: Pick<ServerContext, "limits">, maxAge: number | undefined): string {
  const { contentBytes: maxSize } = limits;
  return formatUploadLimit({
    ...(maxSize === undefined ? {} : { maxSize }),
    minSize: 0,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

/** What is told of an upload that goes on. */
export function uploadFields(upload: KeptUpload, context: ServerContext): Record<string, string> {
  const { offset, length } = upload.record;
  return {
    ...interopFields,
    "Upload-Complete": formatUploadComplete(false),
    "Upload-Offset": String(offset),
    ...(length === undefined ? {} : { "Upload-Length": String(length) }),
    "Upload-Limit": limitField(context, context.keptUploads?.secondsLeft(upload)),
    "Cache-Control": "no-store",
  };
}

/** 409: "If the Upload-Offset request header field value does not match the current offset". */
export function mismatchingOffset(provided: number, upload: KeptUpload, context: ServerContext): Answer {
  const problem = {
    type: "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
    title: "offset from request does not match offset of resource",
    "expected-offset": upload.record.offset,
    "provided-offset": provided,
  };
  return {
    status: 409,
    fields: { ...uploadFields(upload, context), "Content-Type": "application/problem+json" },
    body: { kind: "bytes", bytes: `${JSON.stringify(problem)}\n` },
  };
}

/** The error with more fields. */
export function withErrorFields(
  error: DavError,
  fields: AnswerFields & Readonly<Record<string, string>>,
): DavError {
  const { status, message, condition, cause } = error;
  return new DavError(status, message, {
    ...(condition === undefined ? {} : { condition }),
    fields: { ...error.fields, ...fields },
    cause,
  });
}
