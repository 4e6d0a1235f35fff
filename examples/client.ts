/** What docs/reference/client.md shows of the client. */
import {
  ConnectionError,
  createClient,
  type DavClient,
  HttpError,
  MultistatusError,
  OutcomeUnknownError,
} from "@meanwhile/client";
import { request } from "@meanwhile/client/request";
import { syncFolder } from "@meanwhile/sync";

export interface Bar {
  update(done: number, total: number | undefined): void;
}

/** @returns whether something new was made */
export async function copyWithBar(
  url: string,
  username: string,
  password: string,
  bar: Bar,
): Promise<boolean> {
  const dav = createClient(url, { username, password });
  const copy = dav.copy("2025/", "archive/2025/"); // starts at once
  for await (const { done, total } of copy.progress) bar.update(done, total);
  const { created } = await copy.outcome;

  await dav.close();
  return created;
}

/** @returns what there is to tell the one who asked */
export async function deleteAndTell(dav: DavClient): Promise<string> {
  try {
    await dav.delete("2025/").outcome;
    return "deleted";
  } catch (error) {
    if (error instanceof MultistatusError)
      return error.failed.map(({ url, status }) => `${url.pathname}: ${status}`).join("\n");
    if (error instanceof HttpError) return `${error.status} ${error.condition ?? ""}`; // 423 lock-token-submitted
    if (error instanceof OutcomeUnknownError) return "look before you try again";
    if (error instanceof ConnectionError) return error.code; // "refused", "tls", "idle", ...
    throw error;
  }
}

/** @returns the path of the largest document below */
export async function largestBelow(url: string): Promise<string> {
  const dav = createClient(url);
  let largest = { path: "", length: -1 };
  for await (const { path, length = 0 } of dav.list("", { depth: "infinity" })) {
    if (length > largest.length) largest = { path, length };
  }
  await dav.close();
  return largest.path;
}

/** @returns what the lock protected */
export async function editUnderLock(url: string, edit: (text: string) => string): Promise<string> {
  const dav = createClient(url);
  const lock = await dav.lock("notes.txt", { owner: "ann" }); // refreshed by itself
  const { content, etag } = await dav.get("notes.txt");
  const text = edit(await new Response(content).text());
  await dav.put("notes.txt", text, etag === undefined ? {} : { ifMatch: etag }).outcome; // its token is submitted by itself
  await lock.unlock();

  await dav.close();
  return text;
}

export async function mirror(url: string, folder: string): Promise<number> {
  const dav = createClient(url);
  const sync = syncFolder(dav, folder, "backup/", { direction: "up", delete: true });
  const { transferred, deleted } = await sync.outcome;

  await dav.close();
  return transferred + deleted;
}

/** @returns the report's URL, from a service that uses the middleware */
export async function orderReport(url: string): Promise<unknown> {
  const service = createClient(url);
  const report = service.start("POST", "reports", { content: "{}" });
  for await (const { done, total, remark } of report.progress) console.log(done, total, remark);
  const response = await report.outcome; // 102s, 202s and lost connections are dealt with

  await service.close();
  return response.json();
}

/** @returns the statuses of the interim responses, and of the final one */
export async function seeInterims(url: string): Promise<readonly number[]> {
  const statuses: number[] = [];
  const response = await request(url, {
    method: "POST",
    headers: { Prefer: "processing" },
    idleTimeoutMs: 60_000, // starts anew at each interim response, and each byte
    onInterim: ({ status, headers }) => {
      statuses.push(status);
      console.log(status, headers.get("progress"));
    },
  });

  await response.body?.cancel();
  return [...statuses, response.status];
}
