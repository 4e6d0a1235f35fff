/** Requests by XMLHttpRequest: of all that browsers have it alone tells how much of a file has left. */
import type { ConnectionError, RequestContent, Send } from "@meanwhile/client/browser";

/** @param Lost the class of the client's own errors, which is loaded with the client */
export function xhrSend(Lost: typeof ConnectionError): Send {
  return (url, { method = "GET", headers, content, signal, onSent } = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.responseType = "arraybuffer";
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded }) => onSent?.(loaded));
      request.addEventListener("load", () => resolve(responseOf(request)));
      request.addEventListener("error", () =>
        reject(new Lost("lost", `no complete response from ${url.host}`, { mayHaveArrived: true })),
      );
      signal?.addEventListener("abort", () => {
        request.abort();
        reject(signal.reason);
      });
      if (signal?.aborted === true) reject(signal.reason);
      else request.send(bodyOf(content));
    });
}

function bodyOf(content: RequestContent | undefined): XMLHttpRequestBodyInit | null {
  if (content === undefined) return null;
  if (content instanceof Blob || typeof content === "string") return content;
  if (content instanceof Uint8Array) return new Blob([content.slice()]);
  throw new TypeError("only what has a length is sent here");
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const { status, statusText } = request;
  const hasContent = status !== 204 && status !== 205 && status !== 304;
  return new Response(hasContent ? (request.response as ArrayBuffer) : null, { status, statusText, headers });
}
