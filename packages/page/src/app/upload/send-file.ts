/**
 * Sends one file: the one place where it is decided how. A small one is a PUT, with the file's own time. A large one goes on
 * where the server has it, after a lost connection by itself, and after a reload once the file is chosen again. Both are
 * XMLHttpRequests, for `fetch` does not tell how much has been sent.
 */

import { Comeback } from "../comeback.ts";
import { sendLargeFile } from "./send-large-file.ts";
import { conditionsOf, type FileToSend, type SendingNews, type Sent } from "./sent.ts";

export type { FileToSend, SendingNews, Sent } from "./sent.ts";

/** Files of so many bytes are uploads that may be gone on with. */
const largeBytes = 4 * 1024 * 1024;

/** Of longer files it is asked first what is there: a refusal in their middle may not be heard. */
const lookFirstBytes = 256 * 1024;

/** Answers of a server, or of a proxy before it, that will do better in a moment. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** @throws the signal's reason */
export async function sendFile(
  { path, file, replaceable }: FileToSend,
  onNews: (news: SendingNews) => void,
  signal: AbortSignal,
): Promise<Sent> {
  if (replaceable !== "anything" && file.size > lookFirstBytes) {
    const answer = await fetch(path, { method: "HEAD", signal }).catch(() => undefined);
    const isExpected = replaceable !== "nothing" && answer?.headers.get("etag") === replaceable.etag;
    if (answer?.ok === true && !isExpected) return existsOr(path, file, signal);
    signal.throwIfAborted();
  }
  if (file.size >= largeBytes) return sendLargeFile({ path, file, replaceable }, onNews, signal);
  const comeback = new Comeback();
  for (;;) {
    const sent = await sendOnce({ path, file, replaceable }, onNews, signal);
    if (sent.kind === "exists") return existsOr(path, file, signal);
    const isPassing = sent.kind === "lost" || (sent.kind === "refused" && passing.has(sent.status));
    if (!isPassing) return sent;
    onNews({ sent: 0, lost: true });
    if (!(await comeback.wait(signal))) return sent;
    onNews({ lost: false });
  }
}

/**
 * What stands in its way may be the same: it was uploaded before, or only the answer to this very request was lost, which
 * browsers send again by themselves.
 */
async function existsOr(path: string, file: File, signal: AbortSignal): Promise<Sent> {
  const isSame = file.size < largeBytes && (await isThere(path, file, signal));
  return { kind: isSame ? "sent" : "exists" };
}

/** Whether the content at that place is the file's. */
async function isThere(path: string, file: File, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(path, { signal, cache: "no-store" });
    if (!answer.ok || answer.headers.get("content-length") !== String(file.size)) {
      void answer.body?.cancel();
      return false;
    }
    const [there, own] = await Promise.all([answer.arrayBuffer(), file.arrayBuffer()]);
    const bytes = new Uint8Array(own);
    return there.byteLength === bytes.length && new Uint8Array(there).every((byte, at) => byte === bytes[at]);
  } catch {
    // Then it is asked about.
    return false;
  }
}

function sendOnce(
  { path, file, replaceable }: FileToSend,
  onNews: (news: SendingNews) => void,
  signal: AbortSignal,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    const { ifMatch, ifNoneMatch } = conditionsOf(replaceable);
    if (ifMatch !== undefined) request.setRequestHeader("If-Match", ifMatch);
    if (ifNoneMatch !== undefined) request.setRequestHeader("If-None-Match", ifNoneMatch);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-OC-Mtime", String(Math.floor(file.lastModified / 1000)));
    request.upload.addEventListener("progress", ({ loaded }) =>
      onNews({ sent: Math.min(loaded, file.size) }),
    );
    request.addEventListener("load", () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve({ kind: "sent" });
      else resolve(status === 412 ? { kind: "exists" } : { kind: "refused", status });
    });
    request.addEventListener("error", () => resolve({ kind: "lost" }));
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    if (signal.aborted) reject(signal.reason);
    else request.send(file);
  });
}
