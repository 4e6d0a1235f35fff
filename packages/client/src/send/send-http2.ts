/** One request over HTTP/2 (RFC 9113), by node:http2. */
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import { readInterims } from "@meanwhile/interim/reading";
import {
  type Answer,
  type Attempt,
  interimFailure,
  sendContent,
  type Trace,
  tellInterim,
  toLines,
} from "./attempt.ts";
import { connectionFailure } from "./failure.ts";
import type { StreamPlace } from "./http2-sessions.ts";
import { finalResponse } from "./response.ts";

const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_REFUSED_STREAM } = constants;

/** @throws {ConnectionError} or what ended patience, or what the caller's content or listener threw */
export function sendHttp2(attempt: Attempt, place: StreamPlace, trace: Trace): Promise<Answer> {
  const { outgoing, standing, waiting, timers } = attempt;
  const { content, url } = outgoing;
  const { session } = place;
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(fieldsFor(attempt), { endStream: content === undefined });
    } catch (error) {
      // The connection ended between being chosen and being used.
      place.occupy(undefined);
      trace.refused = true;
      reject(connectionFailure(error, standing, url.host));
      return;
    }
    place.occupy(stream);
    trace.reused = place.used;
    standing.mayHaveArrived = true;

    let answered = false;
    let uploaded = content === undefined;
    let cause: unknown;
    const feeding = new AbortController();
    let forgetContinue = (): void => {};

    const end = (): void => {
      feeding.abort();
      forgetContinue();
      stopReading();
      waiting.signal.removeEventListener("abort", onImpatient);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
      if (!stream.closed) stream.close(NGHTTP2_CANCEL);
    };
    const onImpatient = (): void => fail(waiting.signal.reason);
    const failConnection = (error: unknown): void => {
      // RFC 9113 §6.8, §8.7: "Requests that have not been processed have not failed; clients MAY automatically retry
      // them, even those with non-idempotent methods." That is so beyond GOAWAY's last stream, and for
      // REFUSED_STREAM.
      trace.wantsHttp1 = stream.rstCode === NGHTTP2_HTTP_1_1_REQUIRED;
      trace.refused =
        stream.rstCode === NGHTTP2_REFUSED_STREAM ||
        trace.wantsHttp1 ||
        (stream.id ?? 0) > place.lastStream();
      if (trace.refused) standing.mayHaveArrived = false;
      fail(connectionFailure(error, standing, url.host));
    };
    const upload = (): void => {
      forgetContinue();
      sendContent(attempt, trace, stream, { stop: feeding.signal, fail });
    };

    const stopReading = readInterims(stream, {
      largestBytes: attempt.largestHeadBytes,
      now: timers.now,
      onInterim: (interim) => {
        tellInterim(attempt, interim);
        if (interim.status === 100) upload();
      },
      onError: (error) => fail(interimFailure(error, attempt)),
    });
    waiting.signal.addEventListener("abort", onImpatient, { once: true });
    stream.once("ready", waiting.moved);
    stream.once("finish", () => {
      uploaded = true;
      waiting.moved();
    });
    stream.once("response", (fields, _flags, raw?: readonly string[]) => {
      answered = true;
      waiting.moved();
      forgetContinue();
      const status = fields[":status"] ?? 0;
      // RFC 9113 §8.1: a server that answers before it has the whole request resets the stream with NO_ERROR
      // afterwards.
      const refused = !uploaded && (status >= 300 || !trace.contentBegun);
      if (refused) {
        feeding.abort();
        stream.once("end", () => stream.close(NGHTTP2_CANCEL));
      }
      try {
        const response = finalResponse(attempt, {
          status,
          reason: "",
          lines: toLines(raw ?? []),
          content: stream,
          abandon: () => stream.close(NGHTTP2_CANCEL),
          cause: () => cause,
        });
        if (response.body === null) stream.resume();
        resolve({
          response,
          expectationFailed: status === 417 && attempt.expectContinue && !trace.contentBegun,
        });
      } catch (error) {
        fail(error);
      }
    });
    stream.on("error", (error) => {
      cause = error;
      if (!answered) failConnection(error);
    });
    stream.once("close", () => {
      end();
      if (answered) attempt.over();
      else failConnection(cause ?? new Error(`the stream was closed with code ${stream.rstCode}`));
    });

    if (waiting.signal.aborted) onImpatient();
    else if (attempt.expectContinue) forgetContinue = timers.after(attempt.continueWaitMs, upload);
    else upload();
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
