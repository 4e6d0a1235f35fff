/** One request over HTTP/1.1 (RFC 9112), by node:http. */
import { type IncomingMessage, request as startRequest } from "node:http";
import { readInterims } from "@meanwhile/interim/reading";
import { ConnectionError } from "../error/connection-error.ts";
import {
  type Answer,
  type Attempt,
  interimFailure,
  sendContent,
  type Trace,
  tellInterim,
  toLines,
} from "./attempt.ts";
import type { ConnectionPool, PooledRequestArgs } from "./connection-pool.ts";
import { connectionFailure } from "./failure.ts";
import { markCloseDelimited } from "./received-content.ts";
import { finalResponse } from "./response.ts";
import { proxyCredentials, type Route } from "./route.ts";

/** @throws {ConnectionError} or what ended patience, or what the caller's content or listener threw */
export function sendHttp1(
  attempt: Attempt,
  pool: ConnectionPool,
  route: Route,
  trace: Trace,
): Promise<Answer> {
  const { outgoing, standing, waiting, timers } = attempt;
  const { content, url } = outgoing;
  return new Promise((resolve, reject) => {
    let answered = false;
    let uploaded = content === undefined;
    /** What Node says of the connection, even after the response has begun. */
    let cause: unknown;
    const feeding = new AbortController();

    const request = startRequest({
      agent: pool,
      host: route.host,
      port: route.port,
      method: outgoing.method,
      path: target(url, route),
      headers: fieldsFor(attempt, route),
      setHost: false,
      maxHeaderSize: attempt.largestHeadBytes,
      insecureHTTPParser: false,
      dialSignal: waiting.signal,
    } as PooledRequestArgs);
    // Or Node drops lines beyond the 2,000th. Their bytes are limited.
    request.maxHeadersCount = 0;

    const end = (): void => {
      feeding.abort();
      forgetContinue();
      stopReading();
      waiting.signal.removeEventListener("abort", onImpatient);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
      request.destroy();
    };
    const onImpatient = (): void => {
      fail(waiting.signal.reason);
    };
    waiting.signal.addEventListener("abort", onImpatient, { once: true });

    const upload = (): void => {
      forgetContinue();
      sendContent(attempt, trace, request, { stop: feeding.signal, fail });
    };
    let forgetContinue = (): void => {};

    const stopReading = readInterims(request, {
      largestBytes: attempt.largestHeadBytes,
      now: timers.now,
      onInterim: (interim) => {
        tellInterim(attempt, interim);
        if (interim.status === 100) upload();
      },
      onError: (error) => fail(interimFailure(error, attempt)),
    });
    request.once("socket", () => {
      standing.mayHaveArrived = true;
      trace.reused = request.reusedSocket;
      waiting.moved();
    });
    request.once("finish", () => {
      uploaded = true;
      waiting.moved();
    });
    request.once("upgrade", (_response, socket) => {
      socket.destroy();
      fail(new ConnectionError("malformed", "an unrequested 101 Switching Protocols", standing));
    });
    request.once("response", (message: IncomingMessage) => {
      answered = true;
      waiting.moved();
      forgetContinue();
      const status = message.statusCode ?? 0;
      // RFC 9112 §9.5: "If the client sees a response that indicates the server does not wish to receive the message
      // body and is closing the connection, the client SHOULD immediately cease transmitting the body". A 2xx may
      // come while it still reads.
      const refused = !uploaded && (status >= 300 || !trace.contentBegun);
      if (refused) feeding.abort();
      // What was announced and not sent: nothing can follow on this connection.
      const leave = (): void => {
        if (refused) request.destroy();
      };
      message.once("end", leave);
      message.once("close", leave);
      try {
        const response = finalResponse(attempt, {
          status,
          reason: message.statusMessage ?? "",
          lines: toLines(message.rawHeaders),
          content: message,
          abandon: () => request.destroy(),
          cause: () => cause,
        });
        if (response.body === null) message.resume();
        const { "content-length": length, "transfer-encoding": coding } = message.headers;
        if (length === undefined && coding === undefined) markCloseDelimited(response);
        resolve({
          response,
          expectationFailed: status === 417 && attempt.expectContinue && !trace.contentBegun,
        });
      } catch (error) {
        fail(error);
      }
    });
    request.on("error", (error) => {
      cause = error;
      if (!answered) fail(connectionFailure(error, standing, url.host));
    });
    request.once("close", () => {
      end();
      if (answered) attempt.over();
      else fail(connectionFailure(new Error("closed without a response"), standing, url.host));
    });

    if (waiting.signal.aborted) onImpatient();
    else if (content === undefined) request.end();
    else if (attempt.expectContinue) {
      request.flushHeaders();
      forgetContinue = timers.after(attempt.continueWaitMs, upload);
    } else upload();
  });
}

/** RFC 9112 §3.2.1, §3.2.2: a proxy gets the whole URL, for it cannot know where else to go. */
function target(url: URL, route: Route): string {
  const path = `${url.pathname}${url.search}`;
  return route.proxy !== undefined && !route.secure ? `${url.origin}${path}` : path;
}

function fieldsFor(attempt: Attempt, route: Route): Record<string, string> {
  const { outgoing } = attempt;
  const { content } = outgoing;
  // RFC 9110 §7.2: "A user agent that sends Host SHOULD send it as the first field in the header section of a request."
  const fields: Record<string, string> = { host: outgoing.url.host };
  for (const [name, value] of outgoing.fields) fields[name] = value;
  if (content?.length !== undefined) fields["content-length"] = String(content.length);
  else if (content !== undefined) fields["transfer-encoding"] = "chunked";
  if (attempt.expectContinue) fields["expect"] = "100-continue";
  if (route.proxy !== undefined && !route.secure) {
    const credentials = proxyCredentials(route.proxy);
    if (credentials !== undefined) fields["proxy-authorization"] = credentials;
  }
  return fields;
}
