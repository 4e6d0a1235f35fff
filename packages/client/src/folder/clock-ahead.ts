import type { DavClient } from "../dav/dav-client.ts";
import type { Patience } from "../http/send.ts";

/**
 * By how many milliseconds the server's clock is ahead of ours, to a second or so, by the `Date` of a response
 * (RFC 9110 §6.6.1); 0 where it does not tell.
 */
export async function clockAhead(
  client: DavClient,
  url: URL,
  now: () => number,
  patience: Patience,
): Promise<number> {
  const before = now();
  const response = await client.request(url, { ...patience, method: "OPTIONS" });
  const after = now();
  await response.body?.cancel();
  const theirs = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(theirs) ? 0 : theirs - (before + after) / 2;
}
