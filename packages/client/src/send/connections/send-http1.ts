/** One request over HTTP/1.1 (RFC 9112), by node:http. */
import { type IncomingMessage, request as startRequest } from "node:http";
import { ConnectionError } from "../../error/connection-error.ts";
import type { Answer, Attempt, Trace } from "../attempt.ts";
import { carry } from "../carry.ts";
import type { ConnectionPool, PooledRequestArgs } from "./connection-pool.ts";
import { proxyCredentials, type Route } from "./route.ts";

/** @throws {ConnectionError} or what ended patience, or what the caller's content or listener threw */
export function sendHttp1(
  attempt: Attempt,
  pool: ConnectionPool,
  route: Route,
  trace: Trace,
): Promise<Answer> {
  const { outgoing, standing, waiting } = attempt;
  const request = startRequest({
    agent: pool,
    host: route.host,
    port: route.port,
    method: outgoing.method,
    path: target(outgoing.url, route),
    headers: fieldsFor(attempt, route),
    setHost: false,
    maxHeaderSize: attempt.largestHeadBytes,
    insecureHTTPParser: false,
    dialSignal: waiting.signal,
  } as PooledRequestArgs);
  // Or Node drops lines beyond the 2,000th. Their bytes are limited.
  request.maxHeadersCount = 0;
  request.once("socket", () => {
    standing.mayHaveArrived = true;
    trace.reused = request.reusedSocket;
    waiting.moved();
  });
  return carry(attempt, trace, {
    message: request,
    abandon: () => request.destroy(),
    onResponse: (respond, fail) => {
      request.once("upgrade", (_response, socket) => {
        socket.destroy();
        fail(new ConnectionError("malformed", "an unrequested 101 Switching Protocols", standing));
      });
      request.once("response", (message: IncomingMessage) => {
        const { "content-length": length, "transfer-encoding": coding } = message.headers;
        respond({
          status: message.statusCode ?? 0,
          reason: message.statusMessage ?? "",
          raw: message.rawHeaders,
          content: message,
          closeDelimited: length === undefined && coding === undefined,
        });
      });
    },
    start: () => {
      if (outgoing.content === undefined) request.end();
      else if (attempt.expectContinue) request.flushHeaders();
    },
    closed: () => "closed without a response",
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
