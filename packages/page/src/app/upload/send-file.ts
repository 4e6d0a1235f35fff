/**
 * Sends one file: the one place where it is decided how. A small one is a PUT, with the file's own time. A large one goes on
 * where the server has it, after a lost connection by itself, and after a reload once the file is chosen again. Both are
 * XMLHttpRequests, for `fetch` does not tell how much has been sent.
 */

import { sendLargeFile } from "./send-large-file.ts";
import type { FileToSend, Sent } from "./sent.ts";

export type { FileToSend, Sent } from "./sent.ts";

/** Files of so many bytes are uploads that may be gone on with. */
const largeBytes = 4 * 1024 * 1024;

/** Of longer files it is asked first whether something is there: a refusal in their middle may not be heard. */
const lookFirstBytes = 256 * 1024;

/** @param onSent bytes that have left so far @throws the signal's reason */
export async function sendFile(
  { path, file, overwrite }: FileToSend,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Sent> {
  if (!overwrite && file.size > lookFirstBytes) {
    const answer = await fetch(path, { method: "HEAD", signal }).catch(() => undefined);
    if (answer?.ok === true) return { kind: "exists" };
    signal.throwIfAborted();
  }
  if (file.size >= largeBytes) return sendLargeFile({ path, file, overwrite }, onSent, signal);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    if (!overwrite) request.setRequestHeader("If-None-Match", "*");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-OC-Mtime", String(Math.floor(file.lastModified / 1000)));
    request.upload.addEventListener("progress", ({ loaded }) => onSent(Math.min(loaded, file.size)));
    request.addEventListener("load", () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve({ kind: "sent" });
      else resolve(status === 412 && !overwrite ? { kind: "exists" } : { kind: "refused", status });
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
