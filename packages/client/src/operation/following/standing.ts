/** Looks once at how an operation stands. */

import { isPassing } from "../../repeat/setback.ts";
import { abandon, boundedText } from "../../send/received-content.ts";
import { longestDocument, readStatusDocument, type StatusDocument } from "../../status/status-document.ts";
import type { LongWait } from "../long-wait.ts";

/** @returns undefined where there is no status document, or no way to it */
export async function standing(wait: LongWait, url: URL): Promise<StatusDocument | undefined> {
  const headers = new Headers(wait.identity);
  headers.set("Accept", "application/json");
  try {
    const response = await wait.ask(url, { headers });
    const text = response.ok ? await boundedText(response, longestDocument) : undefined;
    abandon(response);
    return text === undefined ? undefined : readStatusDocument(text);
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}
