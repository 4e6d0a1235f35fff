/**
 * Sends one file: the one place where it is decided how. Today it is a PUT, with the file's own time; a way to go on with a part that
 * has arrived belongs here. It is an XMLHttpRequest, for `fetch` does not tell how much has been sent.
 */

export interface FileToSend {
  /** Its URL's path. */
  readonly path: string;
  readonly file: File;
  /** Whether it may take the place of what is there. */
  readonly overwrite: boolean;
}

/** How it ended: "exists" where something is there that may not be replaced; "lost" where there was no answer. */
export type Sent =
  | { readonly kind: "sent" }
  | { readonly kind: "exists" }
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly status: number };

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
