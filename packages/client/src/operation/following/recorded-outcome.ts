/** The final response that a server has recorded for an operation that has ended. */

import { isForLater, isPassing, notReady, type Setback, setbackOf } from "../../repeat/setback.ts";
import { abandon } from "../../send/received-content.ts";
import { problemResponse } from "../../status/monitor.ts";
import { ownReference, statusLink } from "../../status/own-reference.ts";
import { refusal } from "../../status/refusal.ts";
import type { StatusDocument } from "../../status/status-document.ts";
import { type LongWait, NoSignOfLife } from "../long-wait.ts";

/**
 * Gets it. Where it is not there any more, is kept elsewhere, or its content was too large to be kept, its status is
 * what the status document tells; a 207 then lists the failed members that the document lists, any other response says
 * in a problem document (RFC 9457) that its content is missing.
 */
export async function recordedOutcome(wait: LongWait, document: StatusDocument, url: URL): Promise<Response> {
  const { outcome } = document;
  const place = ownReference(outcome?.href, url);
  if (outcome === undefined || place === undefined) return retold(document);
  for (;;) {
    let setback: Setback;
    try {
      const response = await wait.ask(place, { headers: wait.identity });
      const isOutcome =
        statusLink(response.headers, place) !== undefined || response.status === outcome.status;
      if (isOutcome && !(outcome.truncated && outcome.status === 207)) return response;
      if (isOutcome || !isForLater(response)) {
        abandon(response);
        return retold(document);
      }
      setback = notReady(response, await refusal("GET", place, response));
    } catch (error) {
      if (!isPassing(error)) throw error;
      setback = setbackOf(error);
    }
    try {
      await wait.comeBack(setback);
    } catch (error) {
      if (error instanceof NoSignOfLife) return retold(document);
      throw error;
    }
  }
}

function retold({ outcome, failed }: StatusDocument): Response {
  const status = outcome?.status ?? 500;
  if (status !== 207) return problemResponse(status, "The content of this response is not kept.");
  return new Response(multistatus(failed), {
    status,
    headers: { "Content-Type": 'application/xml; charset="utf-8"' },
  });
}

/** RFC 4918 §14.16. */
function multistatus(failed: StatusDocument["failed"]): string {
  const responses = failed.map(
    ({ uri, status }) =>
      `<D:response><D:href>${escaped(uri)}</D:href><D:status>HTTP/1.1 ${status} </D:status></D:response>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">${responses.join("")}</D:multistatus>\n`;
}

/** Characters that XML does not have at all (XML 1.0 §2.2) are left out: no URI has them. */
function escaped(uri: string): string {
  return uri
    .replace(/[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
}
