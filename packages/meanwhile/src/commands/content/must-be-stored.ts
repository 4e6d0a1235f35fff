/** A look at what was put: not every success means that all of it is there. */
import { failed } from "../../command-error.ts";
import { nameAmount } from "../../display/amounts.ts";
import { afterwards, isAbsent } from "../../remote/look-at.ts";
import { shownPath } from "../../remote/remote-url.ts";
import type { Session } from "../../remote/session.ts";

/** What a PUT had. */
export interface SentContent {
  readonly bytes: number;
  /** Reads it once more from a byte on; undefined where it can be read once, and its length was not told to the server. */
  readonly open?: (start: number) => AsyncIterable<Uint8Array>;
}

/**
 * Some servers, proxies before them, and full disks drop content, or its end, and answer with success. Content that is
 * shorter because the server changed it (it removes what it does not want, for instance) is a warning: where it can be read
 * once more, it is compared.
 *
 * @throws {CommandError} 1 where less is there than was sent
 */
export async function mustBeStored(session: Session, url: URL, sent: SentContent): Promise<void> {
  if (sent.bytes === 0) return;
  const { ConnectionError } = await import("@meanwhile/client");
  const length = await storedLength(session, url, sent.bytes).catch((error: unknown) => {
    if (!(error instanceof ConnectionError)) throw error;
    return undefined;
  });
  const place = shownPath(url);
  if (length === undefined) {
    if (sent.open === undefined)
      session.report.warn(`${place}: the server does not tell whether all of it arrived`);
    return;
  }
  if (length === sent.bytes || (length > sent.bytes && sent.open === undefined)) return;
  const much = `${nameAmount(length, "bytes")} of the ${nameAmount(sent.bytes, "bytes")} that were sent`;
  if (sent.open === undefined) {
    throw failed(
      `${place}: the server has ${much}: it, or a proxy before it, may not take content without a length; put a file instead of -`,
    );
  }
  const { isOnlyBeginning } = await import("@meanwhile/sync/internal");
  const patience = afterwards(session.signal);
  if (length < sent.bytes && (await isOnlyBeginning(session.client, url, length, sent.open, patience)))
    throw failed(`${place}: the server answered with success, and has ${much}; ask who runs the server`);
  const has = nameAmount(length, "bytes");
  session.report.warn(
    `${place}: the server changed its content: it has ${has}, ${nameAmount(sent.bytes, "bytes")} were sent`,
  );
}

/** Undefined where neither PROPFIND nor HEAD tells. @throws {CommandError} where nothing is there, or a page to log in */
async function storedLength(
  { client, signal }: Session,
  url: URL,
  sent: number,
): Promise<number | undefined> {
  const { HttpError } = await import("@meanwhile/client");
  let asked = 207;
  try {
    const { length } = await client.stat(url, afterwards(signal));
    if (length !== undefined) return length;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    asked = error.status;
  }
  const head = await client.request(url, {
    method: "HEAD",
    headers: { "Accept-Encoding": "identity" },
    ...afterwards(signal),
  });
  await head.body?.cancel();
  if (isAbsent(head.status) && asked !== 207)
    throw failed(`${shownPath(url)}: the server took it, and has nothing there now`);
  const told = head.headers.get("content-length");
  const length = head.ok && told !== null && /^\d{1,15}$/.test(told) ? Number(told) : undefined;
  // Everything is answered with a page, the PUT perhaps, too.
  if (asked < 207 && /^text\/html\b/i.test(head.headers.get("content-type") ?? "") && length !== sent)
    throw failed(
      `${shownPath(url)}: a web page is there, perhaps one to log in, and what was put may not have arrived; check the URL`,
    );
  return length;
}
