/** A look at what was put: not every success means that all of it is there. */
import { failed } from "../command-error.ts";
import { nameAmount } from "../display/amounts.ts";
import { afterwards, isAbsent } from "../remote/look-at.ts";
import { shownPath } from "../remote/remote-url.ts";
import type { Session } from "../remote/session.ts";

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
  if (length < sent.bytes && (await isBeginning(session, url, length, sent.open)))
    throw failed(`${place}: the server answered with success, and has ${much}; ask who runs the server`);
  const has = nameAmount(length, "bytes");
  session.report.warn(
    `${place}: the server changed its content: it has ${has}, ${nameAmount(sent.bytes, "bytes")} were sent`,
  );
}

/** A server that changes content moves its end to another place: the last of these bytes tell as much as all of them. */
const comparedBytes = 64 * 1024;

/** Whether the resource has the first bytes of the content and nothing else. It is taken for so where it cannot be read. */
async function isBeginning(
  { client, signal }: Session,
  url: URL,
  length: number,
  open: (start: number) => AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const { ConnectionError, HttpError } = await import("@meanwhile/client");
  if (length === 0) return true;
  const start = Math.max(length - comparedBytes, 0);
  const own = open(start)[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  try {
    const { content } = await client.get(url, { ...afterwards(signal), range: { start } });
    for await (const bytes of content) {
      for (let compared = 0; compared < bytes.length; ) {
        if (piece.length === 0) {
          const { value, done } = await own.next();
          if (done) return false;
          piece = value;
        }
        const count = Math.min(piece.length, bytes.length - compared);
        if (Buffer.compare(piece.subarray(0, count), bytes.subarray(compared, compared + count)) !== 0)
          return false;
        piece = piece.subarray(count);
        compared += count;
      }
    }
    return true;
  } catch (error) {
    if (error instanceof HttpError || error instanceof ConnectionError) return true;
    throw error;
  } finally {
    await own.return?.();
  }
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
