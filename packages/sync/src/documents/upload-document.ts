import { realpathSync, statSync } from "node:fs";
import type { Change, DavClient, LongRequest, Place, PutOptions } from "@meanwhile/client";
import { MemberError } from "../folders/folder-work.ts";
import { type FolderSurroundings, surroundingsOf } from "../local/folder-surroundings.ts";
import { defaultUploadsDirectory } from "../local/state-place.ts";
import { uploadMemory } from "../local/upload-memory.ts";
import { fileContent } from "./file-content.ts";

export interface DocumentUploadOptions extends PutOptions {
  readonly surroundings?: Partial<FolderSurroundings>;
}

/**
 * Puts a local file. Its content can be sent again where that is of use, and a file that is changed meanwhile is told,
 * never stored in half: the outcome rejects with a MemberError then.
 *
 * @throws what the file system says of the file, at once; {@link MemberError} `wrong-kind` where it is no plain file
 */
export function uploadDocument(
  client: DavClient,
  file: string,
  place: Place,
  options: DocumentUploadOptions = {},
): LongRequest<Change> {
  const { surroundings, signal, ...put } = options;
  const stats = statSync(file);
  if (!stats.isFile()) throw new MemberError("wrong-kind", `${file} is no plain file`);
  const stop = new AbortController();
  let failure: Error | undefined;
  const around = surroundingsOf(surroundings);
  const { size } = stats;
  const modifiedMs = Math.floor(stats.mtimeMs);
  const memory = uploadMemory({
    directory: defaultUploadsDirectory(around),
    url: new URL(place, client.base),
    file: realpathSync(file),
    size,
    modifiedMs,
  });
  const content = fileContent({
    fileSystem: around.fileSystem,
    file,
    size,
    modifiedMs,
    followLink: true,
    onFailure(error) {
      failure = error;
      stop.abort(error);
    },
  });
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const request = client.put(place, content, { memory, ...put, signal: either });
  return {
    progress: request.progress,
    outcome: request.outcome.catch((error: unknown) => {
      throw failure ?? error;
    }),
    get url() {
      return request.url;
    },
    cancel: () => request.cancel(),
    detach: () => request.detach(),
  };
}
