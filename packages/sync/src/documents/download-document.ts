import { basename, dirname } from "node:path";
import {
  CancelledError,
  type DavClient,
  DetachedError,
  type LongRequest,
  type Place,
  type RequestProgress,
} from "@meanwhile/client";
import { LatestNews } from "@meanwhile/client/internal";
import type { LocalOptions } from "../folders/folder-options.ts";
import { MemberError } from "../folders/folder-work.ts";
import { surroundingsOf } from "../local/folder-surroundings.ts";
import { factsOf } from "../remote/list-remote.ts";
import { receiveFile } from "./receive-file.ts";

export interface DocumentDownloadOptions extends LocalOptions {
  /** Whether a file that is there may be replaced. Default: yes. */
  readonly overwrite?: boolean;
}

/** A document that is here now. */
export interface ReceivedDocument {
  /** Bytes, those of an earlier run included. */
  readonly bytes: number;
  readonly etag?: string;
  readonly modified?: Date;
  /** Whether there was a file of that name, which is gone now. */
  readonly replaced: boolean;
}

/**
 * Gets a document into a local file, which appears whole or not at all, with the time of the resource. What an earlier
 * run received is gone on with if the resource is still the same; `cancel()` and `detach()` both keep that.
 *
 * The outcome rejects with MemberError `is-collection` for a collection; `wrong-kind` where something that is no plain
 * file has the name; `changed-meanwhile` without `overwrite`, where a file is there; `length-differs` where less came
 * than the server lists.
 */
export function downloadDocument(
  client: DavClient,
  place: Place,
  file: string,
  options: DocumentDownloadOptions = {},
): LongRequest<ReceivedDocument> {
  const ending = new AbortController();
  let latest: RequestProgress = { stage: "receiving", done: 0, failures: 0 };
  const news = new LatestNews(() => latest);
  const outcome = receive(client, place, file, options, ending, (done, total) => {
    latest = { stage: "receiving", done, ...(total !== undefined && { total }), failures: 0 };
    news.changed();
  }).finally(() => news.end());
  return {
    progress: news,
    outcome,
    url: undefined,
    async cancel() {
      ending.abort(new CancelledError(undefined));
    },
    detach() {
      ending.abort(new DetachedError(undefined));
      return undefined;
    },
  };
}

async function receive(
  client: DavClient,
  place: Place,
  file: string,
  { signal, idleTimeoutMs, overwrite = true, surroundings: given }: DocumentDownloadOptions,
  ending: AbortController,
  tell: (done: number, total: number | undefined) => void,
): Promise<ReceivedDocument> {
  const abort = (): void => ending.abort(signal?.reason);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  const patience = { signal: ending.signal, ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) };
  const surroundings = surroundingsOf(given);
  const folder = dirname(file);
  try {
    ending.signal.throwIfAborted();
    const resource = await client.stat(place, patience);
    if (resource.collection) throw new MemberError("is-collection", `${resource.url.pathname} is a folder`);
    const received = await receiveFile({
      ...{ client, surroundings, folder, patience, tell },
      url: resource.url,
      facts: factsOf(resource),
      name: basename(file),
      replaced: overwrite ? "anything" : "nothing",
    });
    const { etag, modifiedMs } = received.remote;
    return {
      bytes: received.size,
      replaced: received.replaced,
      ...(etag !== undefined && { etag }),
      ...(modifiedMs !== undefined && { modified: new Date(modifiedMs) }),
    };
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
