/** A request of node:http or node:http2 as the `Request` that fetch handlers know. */
import type { AnyRequest } from "@meanwhile/interim";
import { hasContent } from "@meanwhile/interim/internal";
import { endContent } from "../detaching/hold-stream.ts";

/** Methods that the Fetch standard does not let a `Request` have. */
const forbidden: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Content is read from the connection only as fast as the handler reads it.
 *
 * @param url absolute, as the client sees it
 * @returns undefined for methods that fetch handlers cannot be told of
 */
export function webRequest(request: AnyRequest, url: string, signal: AbortSignal): Request | undefined {
  const { method = "GET" } = request;
  if (forbidden.has(method.toUpperCase())) return undefined;
  const headers = headersOf(request);
  if (method === "GET" || method === "HEAD" || !hasContent(request)) {
    return new Request(url, { method, headers, signal });
  }
  return new Request(url, { method, headers, signal, body: contentOf(request), duplex: "half" });
}

function headersOf({ rawHeaders }: AnyRequest): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!name.startsWith(":")) headers.append(name, rawHeaders[at + 1] ?? "");
  }
  return headers;
}

function contentOf(request: AnyRequest): ReadableStream<Uint8Array> {
  let pieces: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pieces ??= request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces?.return?.();
        request.resume();
        endContent(request);
      },
    },
    // Nothing is read ahead: a handler may well answer without its content.
    { highWaterMark: 0 },
  );
}
