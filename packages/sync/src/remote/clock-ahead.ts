import { type DavClient, HttpError, type Patience } from "@meanwhile/client";
import { atOnce, parseDate, Repeating, type RepeatPolicy, setbackOf } from "@meanwhile/client/internal";

/** Between two tries, coming back waits as long as it has to. */
const measuring: RepeatPolicy = { ...atOnce, inAll: 4 };

/**
 * By how many milliseconds the server's clock is ahead of ours, to a second or so, by the `Date` of a response
 * (RFC 9110 §6.6.1); 0 where it does not tell.
 */
export async function clockAhead(
  client: Pick<DavClient, "capabilities" | "request">,
  url: URL,
  now: () => number,
  patience: Patience,
): Promise<number> {
  const repeating = new Repeating(measuring);
  for (;;) {
    try {
      return await measure(client, url, now, patience);
    } catch (error) {
      await repeating.after(setbackOf(error));
      await comeBack(client, url, patience);
    }
  }
}

/** One exchange alone: the time of coming back must not be in it. */
async function measure(
  client: Pick<DavClient, "request">,
  url: URL,
  now: () => number,
  patience: Patience,
): Promise<number> {
  const before = now();
  const response = await client.request(url, { ...patience, method: "OPTIONS" });
  const after = now();
  await response.body?.cancel();
  const theirs = parseDate(response.headers.get("date") ?? undefined);
  return theirs === undefined ? 0 : theirs.getTime() - (before + after) / 2;
}

/** Waits for the server as all reading does. Whatever it answers, it is there. */
async function comeBack(
  client: Pick<DavClient, "capabilities">,
  url: URL,
  patience: Patience,
): Promise<void> {
  try {
    await client.capabilities(url, patience);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
  }
}
