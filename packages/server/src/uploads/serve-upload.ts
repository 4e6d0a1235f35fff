/** The resource of an upload, beside the status documents: its offset, more content, its cancellation. */
import { DavError, formatUploadComplete, partialUploadType } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { type AnswerFields, empty } from "../http/answer.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { refuseContent } from "../request/request-content.ts";
import { appendUpload } from "./append-upload.ts";
import { digestFields } from "./digest-fields.ts";
import { goneUpload, type KeptUpload } from "./kept-upload.ts";
import { interopFields, uploadFields } from "./upload-request.ts";

/** What OPTIONS says of an upload, the same whether or not it is there. */
export const uploadOptions: AnswerFields = {
  ...interopFields,
  Allow: "OPTIONS, HEAD, GET, PATCH, DELETE",
  "Accept-Patch": partialUploadType,
};

/** @throws {DavError} 404 to all but the one who began it; 405 */
export async function serveUpload(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  id: string,
  options: PipelineOptions,
): Promise<Handled> {
  const upload = options.context.keptUploads?.find(id, request.principal);
  if (upload === undefined) throw goneUpload();
  switch (request.method) {
    case "HEAD":
    case "GET":
      return tellOffset(request, upload, options);
    case "PATCH":
      return appendUpload(exchange, connection, request, upload, options);
    case "DELETE":
      await refuseContent(request.content);
      await upload.drop();
      return { answer: empty(204, interopFields) };
    default:
      throw new DavError(405, "an upload does not have this method", {
        fields: { Allow: String(uploadOptions["Allow"]) },
      });
  }
}

/** The upload is taken for that: what is told of it must still be so when the client goes on. */
async function tellOffset(
  request: DavRequest,
  upload: KeptUpload,
  { context }: PipelineOptions,
): Promise<Handled> {
  if (upload.record.ended !== undefined) return { answer: endedOffset(upload) };
  try {
    const held = await upload.take();
    try {
      const digest = await digestFields(held, request);
      return { answer: empty(204, { ...uploadFields(upload, context), ...digest }) };
    } finally {
      await held.release();
    }
  } catch (error) {
    if (upload.record.ended !== undefined) return { answer: endedOffset(upload) };
    throw error;
  }

  function endedOffset({ record }: KeptUpload) {
    const fields = uploadFields(upload, context);
    const { offset, length = offset } = record;
    return empty(204, {
      ...fields,
      "Upload-Complete": formatUploadComplete(true),
      "Upload-Offset": String(length),
    });
  }
}
