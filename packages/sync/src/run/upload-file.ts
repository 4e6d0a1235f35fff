import { constants } from "node:fs";
import { type ChangeOptions, type DavClient, HttpError, OutcomeUnknownError } from "@meanwhile/client";
import { atOnce, Repeating, type RepeatPolicy } from "@meanwhile/client/internal";
import { fileContent } from "../documents/file-content.ts";
import { MemberError } from "../folders/folder-work.ts";
import type { FileSystem } from "../local/folder-surroundings.ts";
import { strongTag } from "../local/part-name.ts";
import { uploadMemory } from "../local/upload-memory.ts";
import { sameRemote } from "../plan/compare-document.ts";
import type { DocumentFacts } from "../plan/folder-member.ts";
import type { Transfer } from "../plan/folder-plan.ts";
import { lookAtRemote, type RemoteState } from "../remote/remote-facts.ts";
import type { FolderRun } from "./folder-run.ts";
import type { Counting } from "./folder-tally.ts";

export interface FileUpload {
  readonly client: DavClient;
  readonly run: FolderRun;
  readonly fileSystem: FileSystem;
  readonly file: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly url: URL;
  /** What is there as far as we know; undefined: nothing. */
  readonly replaced: DocumentFacts | undefined;
  readonly before: Transfer["before"];
  readonly options: Pick<ChangeOptions, "idleTimeoutMs" | "lockTokens">;
  readonly counting: Counting;
  /** Where uploads that are under way are remembered. */
  readonly uploadsDirectory: string;
}

/** Before each repetition it is looked at what is there. */
const putting: RepeatPolicy = { ...atOnce, inAll: 2 };

/** A document that is at the server now. */
export interface UploadedFile {
  /** What the server told of the new state. */
  readonly remote: DocumentFacts;
  /** Whether its content went there; else it was there already. */
  readonly sent: boolean;
}

/**
 * Puts a file, only over what we know to be there. Where it is not known what became of the request, the server is asked
 * what is there now before anything is sent again.
 */
export async function uploadFile(upload: FileUpload): Promise<UploadedFile> {
  const { before } = upload;
  if (before === undefined) return { remote: await send(upload), sent: true };
  const { lockTokens: _, ...patience } = upload.options;
  const there = await lookAtRemote(upload.client, upload.url, { ...patience, signal: upload.run.signal });
  if (there.kind !== "document" || !sameRemote(there.facts, before.facts))
    return { remote: await send(upload), sent: true };
  // It is there, although the server does not list it.
  if (!before.changed) return { remote: there.facts, sent: false };
  return { remote: await send({ ...upload, replaced: there.facts }), sent: true };
}

async function send(upload: FileUpload): Promise<DocumentFacts> {
  const { client, run, url, replaced, size, options } = upload;
  let conditions = conditionsFor(replaced);
  const repeating = new Repeating(putting);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await put(upload, conditions);
    } catch (error) {
      const refused = error instanceof HttpError && error.status === 412;
      const isOpen = refused || error instanceof OutcomeUnknownError;
      await repeating.after({ kind: isOpen ? "answer" : "final", cause: error, askedMs: 0 });
      const { lockTokens: _, ...patience } = options;
      const there = await lookAtRemote(client, url, { ...patience, signal: run.signal });
      if ((!refused || !isFirst) && arrived(there, replaced, size)) return there.facts;
      // A server that ended while it answered may have stored it, and refuse the same request now.
      const isNew =
        refused && replaced === undefined && there.kind === "document" && there.facts.size === size;
      if (isNew && (await hasContent(upload))) return there.facts;
      if (asBefore(there, replaced)) {
        // A server that refuses what is as it says itself does not understand the condition.
        if (refused) conditions = {};
      } else if (refused) {
        const message =
          replaced === undefined
            ? "something is at the server under that name, which it did not list"
            : "it was changed at the server meanwhile";
        throw new MemberError("changed-meanwhile", message, { cause: error });
      } else conditions = there.kind === "document" ? conditionsFor(there.facts) : conditions;
    }
  }
}

async function put(
  upload: FileUpload,
  conditions: { readonly ifMatch?: string; readonly ifNoneMatch?: string },
): Promise<DocumentFacts> {
  const { client, run, url, size, options, counting } = upload;
  const memory = uploadMemory({ ...upload, directory: upload.uploadsDirectory });
  const stop = new AbortController();
  let failure: Error | undefined;
  const content = fileContent({
    ...upload,
    followLink: false,
    onFailure(error) {
      failure = error;
      // Else the loss of the content might pass for that of the connection, and be tried again.
      stop.abort(error);
    },
  });
  try {
    const { etag } = await run.follow(
      (signal) => client.put(url, content, { ...options, ...conditions, memory, signal }),
      ({ stage, done, total }) => {
        if (stage === "sending") counting.bytes(done);
        if (stage === "processing") counting.processing(done, total);
      },
      stop,
    );
    return { size, ...(etag !== undefined && { etag }) };
  } catch (error) {
    throw failure ?? error;
  }
}

/** Whether the resource has the file's content, whoever put it there. */
async function hasContent({
  client,
  run,
  fileSystem,
  file,
  size,
  url,
  options,
}: FileUpload): Promise<boolean> {
  const { lockTokens: _, ...patience } = options;
  const { content } = await client.get(url, { ...patience, signal: run.signal });
  const handle = await fileSystem.open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  let position = 0;
  try {
    for await (const chunk of content) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunk.length), 0, chunk.length, position);
      if (bytesRead !== chunk.length || !buffer.equals(chunk)) return false;
      position += chunk.length;
    }
    return position === size;
  } finally {
    await handle.close();
  }
}

function conditionsFor(replaced: DocumentFacts | undefined): {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
} {
  if (replaced === undefined) return { ifNoneMatch: "*" };
  const ifMatch = strongTag(replaced.etag);
  return ifMatch === undefined ? {} : { ifMatch };
}

/** Whether what is there is what we sent. */
function arrived(
  there: RemoteState,
  replaced: DocumentFacts | undefined,
  size: number,
): there is Extract<RemoteState, { readonly kind: "document" }> {
  if (there.kind !== "document" || there.facts.size !== size) return false;
  return replaced === undefined || !sameRemote(there.facts, replaced);
}

function asBefore(there: RemoteState, replaced: DocumentFacts | undefined): boolean {
  if (replaced === undefined) return there.kind === "nothing";
  return there.kind === "document" && sameRemote(there.facts, replaced);
}
