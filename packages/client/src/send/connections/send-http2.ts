/** One request over HTTP/2 (RFC 9113), by node:http2. */
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import type { Answer, Attempt, Trace } from "../attempt.ts";
import { carry } from "../carry.ts";
import { connectionFailure } from "../failure.ts";
import type { StreamPlace } from "./http2-sessions.ts";

const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_REFUSED_STREAM } = constants;

/** @throws {ConnectionError} or what ended patience, or what the caller's content or listener threw */
export async function sendHttp2(attempt: Attempt, place: StreamPlace, trace: Trace): Promise<Answer> {
  const { outgoing, standing, waiting } = attempt;
  let stream: ClientHttp2Stream;
  try {
    stream = place.session.request(fieldsFor(attempt), { endStream: outgoing.content === undefined });
  } catch (error) {
    // The connection ended between being chosen and being used.
    place.occupy(undefined);
    trace.refused = true;
    throw connectionFailure(error, standing, outgoing.url.host);
  }
  place.occupy(stream);
  trace.reused = place.used;
  standing.mayHaveArrived = true;
  stream.once("ready", waiting.moved);
  return await carry(attempt, trace, {
    message: stream,
    abandon: () => {
      if (!stream.closed) stream.close(NGHTTP2_CANCEL);
    },
    onResponse: (respond) => {
      stream.once("response", (fields, _flags, raw: readonly string[] = []) => {
        const status = fields[":status"] ?? 0;
        respond({ status, reason: "", raw, content: stream, closeDelimited: false });
      });
    },
    noteEnd: () => {
      // RFC 9113 §6.8, §8.7: "Requests that have not been processed have not failed; clients MAY automatically retry
      // them, even those with non-idempotent methods." That is so beyond GOAWAY's last stream, and for
      // REFUSED_STREAM.
      trace.wantsHttp1 = stream.rstCode === NGHTTP2_HTTP_1_1_REQUIRED;
      trace.refused =
        stream.rstCode === NGHTTP2_REFUSED_STREAM ||
        trace.wantsHttp1 ||
        (stream.id ?? 0) > place.lastStream();
      if (trace.refused) standing.mayHaveArrived = false;
    },
    closed: () => `the stream was closed with code ${stream.rstCode}`,
  });
}

function fieldsFor(attempt: Attempt): OutgoingHttpHeaders {
  const { method, url, fields, content } = attempt.outgoing;
  const all: OutgoingHttpHeaders = {
    ":method": method,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": url.host,
    ":path": `${url.pathname}${url.search}`,
  };
  for (const [name, value] of fields) all[name] = value;
  if (content?.length !== undefined) all["content-length"] = content.length;
  if (attempt.expectContinue) all["expect"] = "100-continue";
  return all;
}
