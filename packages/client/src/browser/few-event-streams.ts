import type { Send } from "../send/send.ts";

/**
 * Browsers open six connections to a server over HTTP/1.1, for all of their pages, and each event stream holds one: with six
 * of them nothing else would get through. Requests for more than so many are sent as requests for a document: those
 * operations are looked at from time to time.
 */
export const mostEventStreams: number = 2;

/** Keeps most connections free from event streams. */
export function fewEventStreams(send: Send): Send {
  let open = 0;
  return async (url, options = {}) => {
    const headers = new Headers(options.headers);
    const accept = headers.get("accept") ?? "";
    if (!accept.includes("text/event-stream")) return send(url, options);
    if (open >= mostEventStreams) {
      headers.set("Accept", "application/json, */*;q=0.1");
      return send(url, { ...options, headers });
    }
    open += 1;
    let held = true;
    const over = (): void => {
      if (held) open -= 1;
      held = false;
    };
    try {
      const response = await send(url, options);
      if (response.body === null) over();
      return response.body === null ? response : watched(response, response.body, over);
    } catch (error) {
      over();
      throw error;
    }
  };
}

function watched(response: Response, content: ReadableStream<Uint8Array>, over: () => void): Response {
  const reader = content.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          over();
          controller.close();
        } catch (error) {
          over();
          controller.error(error);
        }
      },
      async cancel(reason) {
        over();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers, url } = response;
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperty(copy, "url", { value: url });
  return copy;
}
