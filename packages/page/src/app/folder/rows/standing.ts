/** What has a name at the moment when somebody is to be asked about it. */
import type { DavClient } from "../../client.ts";
import { statusOf } from "../../failure-text.ts";
import { type Row, rowOf } from "./row.ts";

/** What stands at a place; "unseen" where this user may not look. */
export type Standing = Row | "unseen";

/** @returns undefined where nothing is there @throws what the client throws: then nobody knows */
export async function standingAt(client: DavClient, place: URL): Promise<Standing | undefined> {
  try {
    return rowOf(await client.stat(place));
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) return undefined;
    if (status === 403) return "unseen";
    throw error;
  }
}
