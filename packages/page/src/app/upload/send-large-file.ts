/** Sends a large file by the client's own uploads, which go on where the server has them. */
import type { UploadMemory } from "@meanwhile/client/browser";
import { conditionsOf, type FileToSend, type SendingNews, type Sent } from "./sent.ts";
import { xhrSend } from "./xhr-send.ts";

/** @throws the signal's reason */
export async function sendLargeFile(
  { path, file, replaceable }: FileToSend,
  onNews: (news: SendingNews) => void,
  signal: AbortSignal,
): Promise<Sent> {
  const { ConnectionError, HttpError, OutcomeUnknownError, createClient } = await import(
    "@meanwhile/client/browser"
  );
  const client = createClient(`${location.origin}/`, { send: xhrSend(ConnectionError) });
  const upload = client.put(new URL(path, location.origin), file, {
    contentType: "application/octet-stream",
    modifiedMs: file.lastModified,
    memory: memoryOf(path, file),
    ...conditionsOf(replaceable),
  });
  // A signal would leave at the server what came so far.
  const cancel = (): void => void upload.cancel();
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  const followed = (async () => {
    for await (const { stage, done, resumedAt, comingBack = false } of upload.progress)
      onNews({
        lost: comingBack,
        ...(stage === "sending" ? { sent: done } : {}),
        ...(resumedAt === undefined ? {} : { resumedAt }),
      });
  })();
  try {
    await upload.outcome;
    return { kind: "sent" };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HttpError) {
      const { status } = error;
      return status === 412 ? { kind: "exists" } : { kind: "refused", status };
    }
    if (error instanceof ConnectionError || error instanceof OutcomeUnknownError) return { kind: "lost" };
    throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
    await followed;
    await client.close();
  }
}

/** Another name, size, time or place is another upload. A browser that keeps nothing begins anew after a reload. */
function memoryOf(path: string, { name, size, lastModified }: File): UploadMemory {
  const key = `meanwhile upload ${JSON.stringify([path, name, size, lastModified])}`;
  return {
    async recall() {
      try {
        return localStorage.getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    async remember(upload) {
      try {
        if (upload === undefined) localStorage.removeItem(key);
        else localStorage.setItem(key, upload);
      } catch {
        // It is full, or forbidden.
      }
    },
  };
}
