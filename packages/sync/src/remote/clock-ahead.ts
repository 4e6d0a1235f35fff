import { ConnectionError, type DavClient, HttpError, type Patience } from "@meanwhile/client";
import { parseDate } from "@meanwhile/client/internal";

const mostTries = 5;

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
  for (let tries = 1; ; tries += 1) {
    try {
      return await measure(client, url, now, patience);
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.code !== "lost" || tries === mostTries) throw error;
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
