/** Takes the content of a request into an upload: what came stays, whatever becomes of the request. */
import { badRequest } from "@meanwhile/dav";
import { requestChecks } from "../content/content-checks.ts";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { HeldUpload } from "./kept-upload.ts";
import type { UploadNews } from "./upload-news.ts";
import { requireLength } from "./upload-request.ts";

export interface Reception {
  /** The length of the whole, as far as it was said. */
  readonly length: number | undefined;
  readonly context: ServerContext;
  readonly news: Pick<UploadNews, "kept">;
}

/** What came is made safe when it is so much, or so long after the last time. */
const keepBytes = 32 * 1024 * 1024;
const keepMs = 5_000;

/**
 * Takes the content of a request until it ends, or is broken off. What came is safe then.
 * @throws {DavError} 400 where it was broken off; or is not what was declared, and then nothing of it stays; or is longer
 *   than was said, and then the upload is gone, too
 * @throws {TreeError} "no-space" and others; what came before stays
 */
export async function receiveContent(
  held: HeldUpload,
  { fields, content }: Pick<DavRequest, "fields" | "content">,
  reception: Reception,
): Promise<void> {
  // Where the digest so far is asked for, it is made as the content comes.
  if (fields.wantedDigest !== undefined) held.upload.digest.begin();
  const checks = requestChecks(fields);
  try {
    await takeAll(held, content.stream(), { checks, ...reception });
  } catch (error) {
    if (error instanceof TooLong) {
      // "marking the upload resource invalid and rejecting any further interaction with it".
      await held.drop();
      throw error.cause;
    }
    await keepWhatCame(held);
    throw error;
  }
  try {
    checks.finish();
  } catch (error) {
    // "the server SHOULD consider the transfer failed, not append the content".
    await held.rollBack();
    throw error;
  }
  await keepWhatCame(held);
}

class TooLong extends Error {}

interface Taking extends Reception {
  /** Of this request's content alone. */
  readonly checks: ReturnType<typeof requestChecks>;
}

async function takeAll(
  held: HeldUpload,
  content: AsyncIterable<Uint8Array>,
  { checks, length, context, news }: Taking,
): Promise<void> {
  const { now } = context;
  let keptMs = now();
  for await (const chunk of untilStopped(content, held.signal)) {
    try {
      const bytes = held.draft.length + chunk.length;
      if (length !== undefined && bytes > length) throw badRequest("the content is longer than the upload");
      requireLength(bytes, context);
    } catch (cause) {
      throw new TooLong("too long", { cause });
    }
    checks.update(chunk);
    await held.write(chunk);
    const unsafe = held.draft.length - held.upload.record.offset;
    // Where something is to be checked, nothing is told before all has come.
    if (checks.any || (unsafe < keepBytes && now() - keptMs < keepMs)) continue;
    await held.keep();
    keptMs = now();
    news.kept(held.upload.record.offset);
  }
}

/** What cannot be made safe is not told: the upload goes on where it was safe last. */
async function keepWhatCame(held: HeldUpload): Promise<void> {
  try {
    // A write that failed may have left a part of its bytes behind those that count.
    await held.draft.truncate(held.draft.length);
    await held.keep();
  } catch (error) {
    await held.rollBack();
    throw error;
  }
}

async function* untilStopped(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const chunks = content[Symbol.asyncIterator]();
  let stop = (): void => {};
  const stopped = new Promise<"stopped">((resolve) => {
    stop = () => resolve("stopped");
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    for (;;) {
      const next = signal.aborted ? "stopped" : await Promise.race([chunks.next(), stopped]);
      if (next === "stopped") throw badRequest("another request has taken the upload over");
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // One that waits for bytes that never come is not waited for.
    Promise.resolve(chunks.return?.()).catch(() => {});
  }
}
