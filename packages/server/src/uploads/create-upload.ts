/** The beginning of an upload that may be gone on with: a PUT of a document, or a POST to a collection, with `Upload-Complete`. */
import { DavError, encodePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { wholeChecks } from "../content/content-checks.ts";
import type { ServerContext } from "../context.ts";
import { empty } from "../http/answer.ts";
import { type ChangeMethod, notFree } from "../methods/change.ts";
import { judgePut, parsePut, put as putAtOnce, takeUploadPlace } from "../methods/put.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { serveChange } from "../serve/serve-change.ts";
import { memberRequest, requireCollection } from "../target/new-member.ts";
import { disposedName } from "./disposed-name.ts";
import type { HeldUpload, KeptUpload } from "./kept-upload.ts";
import type { KeptUploads } from "./kept-uploads.ts";
import { receiveContent } from "./receive-content.ts";
import { uploadEnding } from "./upload-ending.ts";
import { openUploadNews, type UploadNews } from "./upload-news.ts";
import { interopFields, uploadFields, uploadLength } from "./upload-request.ts";

/** Whole content of at most so many bytes comes in one request: what would be kept of it is soon sent again. */
const leastKeptBytes = 256 * 1024;

/**
 * Answers a PUT or POST that begins an upload; undefined where it is an ordinary one: it has no `Upload-Complete`, or
 * has its whole content, and the server offers nothing for it.
 * @throws {DavError} 400 where a part would be taken for the whole
 */
export async function createUpload(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  options: PipelineOptions,
): Promise<Handled | undefined> {
  const { method, fields } = request;
  const complete = fields.uploadComplete;
  if ((method !== "PUT" && method !== "POST") || complete === undefined) return undefined;
  const { context } = options;
  const { keptUploads } = context;
  const offered = keptUploads !== undefined && fields.speaksUploads;
  if (!offered) {
    if (complete && method === "PUT") return undefined;
    const reason =
      keptUploads === undefined ? "uploads are not kept here" : "the client speaks another version";
    throw new DavError(400, `content in parts is not taken: ${reason} of resumable uploads`, {
      fields: interopFields,
    });
  }
  const put = method === "POST" ? await memberPut(request, context) : request;
  const { length } = request.content;
  if (complete && method === "PUT" && length !== undefined && length <= leastKeptBytes) return undefined;

  const news = openUploadNews(exchange, connection, request, options);
  if (complete) {
    const change: ChangeMethod = async ({ content }) => {
      const begun = await begin(put, context, keptUploads);
      // It needs no place among those that are kept: it is sent as a whole.
      return begun === undefined
        ? putAtOnce({ ...put, content }, context)
        : receiveAll({ ...put, content }, context, begun, news);
    };
    const handled = await serveChange(exchange, connection, put, change, options, { spent: news });
    return method === "POST" ? withLocation(handled, put) : handled;
  }
  const begun = await begin(put, context, keptUploads);
  if (begun === undefined) {
    throw new DavError(503, "too many uploads are kept", { fields: { "Retry-After": "60" } });
  }
  const { upload, leave } = begun;
  const held = await receive(put, context, begun, news);
  await held.release();
  leave();
  return {
    answer: empty(201, { ...uploadFields(upload, context), Location: news.urlOf(upload) }),
    interims: news.count,
  };
}

interface Begun {
  readonly upload: KeptUpload;
  /** Gives back the place of an upload that is received. */
  leave(): void;
}

/** @returns undefined where too many are kept */
async function begin(
  put: DavRequest,
  context: ServerContext,
  uploads: KeptUploads,
): Promise<Begun | undefined> {
  parsePut(put);
  // Malformed ones are told now.
  wholeChecks(put.fields);
  const length = uploadLength(put, context);
  await judgePut(put, context);
  const leave = takeUploadPlace(put, context);
  try {
    const upload = await whileStaying(put, context, () =>
      uploads.begin({
        path: put.path,
        headers: put.fields.kept(judging),
        ...(put.principal === undefined ? {} : { principal: put.principal }),
        ...(length === undefined ? {} : { length }),
      }),
    );
    if (upload !== undefined) return { upload, leave };
    leave();
    return undefined;
  } catch (error) {
    leave();
    throw error;
  }
}

/** While a collection is moved, nothing begins in it. */
async function whileStaying<T>(
  { path, exchange }: DavRequest,
  { claims, limits }: ServerContext,
  act: () => Promise<T>,
): Promise<T> {
  const wanted = [{ path, scope: "member", mode: "shared" }] as const;
  const release = await claims.acquire(wanted, limits.claimMs, exchange.closed);
  if (!release) throw notFree();
  try {
    return await act();
  } finally {
    release();
  }
}

async function receive(
  put: DavRequest,
  context: ServerContext,
  { upload, leave }: Begun,
  news: UploadNews,
): Promise<HeldUpload> {
  let held: HeldUpload | undefined;
  try {
    held = await upload.take();
    news.begun(upload);
    await receiveContent(held, put, { length: upload.record.length, context, news });
    return held;
  } catch (error) {
    await held?.release();
    leave();
    throw error;
  }
}

async function receiveAll(
  put: DavRequest,
  context: ServerContext,
  begun: Begun,
  news: UploadNews,
): ReturnType<ChangeMethod> {
  const held = await receive(put, context, begun, news);
  // Its length is known now, whether or not it was said.
  await begun.upload.keep({ length: held.draft.length });
  return uploadEnding(held, put, context, begun.leave);
}

/** Fields by which the end is judged, as the beginning was. */
const judging = [
  "if",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "x-oc-mtime",
  "repr-digest",
  "want-repr-digest",
  "oc-checksum",
] as const;

/** A POST as the PUT that it stands for: of a new member with the name that the client gives it. */
async function memberPut(request: DavRequest, context: ServerContext): Promise<DavRequest> {
  await requireCollection(request, context);
  const name = disposedName(request.fields.contentDisposition);
  return memberRequest(request, context, "PUT", name);
}

function withLocation(handled: Handled, { origin, prefix, path }: DavRequest): Handled {
  const { answer } = handled;
  if (answer.status !== 201) return handled;
  const location = origin + prefix + encodePath(path, false);
  return { ...handled, answer: { ...answer, fields: { ...answer.fields, Location: location } } };
}
