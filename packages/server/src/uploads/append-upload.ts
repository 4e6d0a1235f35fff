/** PATCH of an upload: content that comes after what is there, and the end of it. */
import { badRequest, DavError, partialUploadType } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { wholeChecks } from "../content/content-checks.ts";
import type { ServerContext } from "../context.ts";
import { type Answer, empty } from "../http/answer.ts";
import { takeUploadPlace } from "../methods/put.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { requireNoCoding } from "../request/request-content.ts";
import { RequestFields } from "../request/request-fields.ts";
import { serveChange } from "../serve/serve-change.ts";
import { digestFields } from "./digest-fields.ts";
import type { HeldUpload, KeptUpload } from "./kept-upload.ts";
import { receiveContent } from "./receive-content.ts";
import { endedAnswer, uploadEnding } from "./upload-ending.ts";
import { openUploadNews, type UploadNews } from "./upload-news.ts";
import { mismatchingOffset, uploadFields, uploadLength } from "./upload-request.ts";

/** What a PATCH says. */
interface Append {
  readonly complete: boolean;
  readonly offset: number;
}

/** Answers a PATCH of an upload. @throws {DavError} 400, 404, 413, 415, 503 and those of a PUT */
export async function appendUpload(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  upload: KeptUpload,
  options: PipelineOptions,
): Promise<Handled> {
  const { context } = options;
  const append = parseAppend(request);
  const { ended } = upload.record;
  if (ended !== undefined) return { answer: appendToEnded(append, upload, context, endedAnswer(ended)) };
  const news = openUploadNews(exchange, connection, request, options);
  if (append.complete) {
    const put = restoredPut(request, upload);
    let refused: Answer | undefined;
    const begin = async ({ content }: DavRequest) => {
      const leave = takeUploadPlace(request, context);
      const held = await received({ ...request, content }, append, upload, context, news).catch((error) => {
        leave();
        throw error;
      });
      if ("status" in held) {
        leave();
        refused = held;
        throw new DavError(held.status, "the offset does not fit");
      }
      return uploadEnding(held, put, context, leave);
    };
    return serveChange(exchange, connection, request, begin, options, { as: put, spent: news }).catch(
      (error: unknown) => {
        if (refused !== undefined) return { answer: refused };
        throw error;
      },
    );
  }
  const leave = takeUploadPlace(request, context);
  try {
    const held = await received(request, append, upload, context, news);
    if ("status" in held) return { answer: held };
    try {
      const digest = await digestFields(held, request);
      return { answer: empty(204, { ...uploadFields(upload, context), ...digest }), interims: news.count };
    } finally {
      await held.release();
    }
  } finally {
    leave();
  }
}

function parseAppend({ fields }: DavRequest): Append {
  if (fields.mediaType !== partialUploadType) {
    throw new DavError(415, `a PATCH of an upload has the content type ${partialUploadType}`, {
      fields: { "Accept-Patch": partialUploadType },
    });
  }
  requireNoCoding(fields);
  const { uploadComplete: complete, uploadOffset: offset } = fields;
  if (complete === undefined) throw badRequest("Upload-Complete is missing, or no Boolean");
  if (offset === undefined) throw badRequest("Upload-Offset is missing, or no whole number from 0 up");
  // Malformed ones are told now.
  wholeChecks(fields);
  return { complete, offset };
}

/** "The server can choose to replay the final response to the client if the request to append ... is valid." */
function appendToEnded(
  { complete, offset }: Append,
  upload: KeptUpload,
  context: ServerContext,
  ended: Answer,
): Answer {
  if (complete && offset === (upload.record.length ?? upload.record.offset)) return ended;
  return mismatchingOffset(offset, upload, context);
}

/** Takes the content. @returns the answer where the offset does not fit: nothing was taken then */
async function received(
  request: DavRequest,
  { complete, offset }: Append,
  upload: KeptUpload,
  context: ServerContext,
  news: UploadNews,
): Promise<HeldUpload | Answer> {
  const held = await upload.take();
  try {
    if (offset !== upload.record.offset) {
      await held.release();
      return mismatchingOffset(offset, upload, context);
    }
    const length = uploadLength(request, context, upload.record);
    if (length !== undefined && length !== upload.record.length) await upload.keep({ length });
    await receiveContent(held, request, { length, context, news });
    if (!complete) return held;
    const whole = held.draft.length;
    if (length !== undefined && whole !== length) {
      throw badRequest(`the upload is not whole: ${whole} of ${length} bytes are there`);
    }
    if (length === undefined) await upload.keep({ length: whole });
    return held;
  } catch (error) {
    await held.release();
    throw error;
  }
}

/** The request that began the upload, with the client of this one: it may bring newer lock tokens, and the digest of the whole. */
function restoredPut(request: DavRequest, { record }: KeptUpload): DavRequest {
  const own = request.fields.kept(["if", "repr-digest", "want-repr-digest", "user-agent", "prefer"]);
  return {
    ...request,
    method: "PUT",
    path: record.path,
    trailingSlash: false,
    fields: new RequestFields({ ...record.headers, ...own }),
  };
}
