/** Puts an answer of ours on the wire, as the final response of an exchange. */
import { once } from "node:events";
import { Http2ServerResponse } from "node:http2";
import type { AnyResponse, Exchange } from "@meanwhile/interim";
import { breakOff } from "../recording/break-off.ts";
import type { StatusAnswer } from "../status/answer.ts";
import { announcement } from "./announcement.ts";
import { fieldsBefore } from "./fields-before.ts";

/** Answers a request that was selected: clients may rely on what the middleware does here. */
export function answerSelected(exchange: Exchange, answer: StatusAnswer): Promise<void> {
  const [name, value] = announcement;
  return sendAnswer(exchange, { ...answer, fields: { [name]: value, ...answer.fields } });
}

/** Sends it, in vain where the final response has begun or the client is gone. Never rejects. */
export async function sendAnswer(exchange: Exchange, answer: StatusAnswer): Promise<void> {
  const { request, response } = exchange;
  if (exchange.state !== "waiting" || response.destroyed) return;
  const { status, fields, content } = answer;
  try {
    for (const [name, value] of Object.entries({ ...fieldsBefore(request), ...fields })) {
      response.setHeader(name, typeof value === "string" ? value : [...value]);
    }
    response.statusCode = status;
    const withContent = request.method !== "HEAD" && status !== 204 && status !== 304;
    if (typeof content === "string" || content instanceof Uint8Array) {
      if (status !== 204 && status !== 304) {
        response.setHeader("Content-Length", String(Buffer.byteLength(content)));
      }
      end(response, withContent ? content : "");
    } else {
      if (withContent) await sendPieces(exchange, content);
      response.end();
    }
  } catch {
    // The head has gone, or has a field that cannot be sent: all that can be told is that it does not end well.
    breakOff(response);
  }
}

async function sendPieces({ response, closed }: Exchange, content: AsyncIterable<string>): Promise<void> {
  for await (const piece of content) {
    if (closed.aborted) return;
    // An aborted wait means that the client is gone; the loop sees it above.
    if (!write(response, piece)) await once(response, "drain", { signal: closed }).catch(() => undefined);
  }
}

/** The two kinds of response have the same methods, with overloads that TypeScript cannot join. */
function write(response: AnyResponse, piece: string): boolean {
  return response instanceof Http2ServerResponse ? response.write(piece) : response.write(piece);
}

function end(response: AnyResponse, content: string | Uint8Array): void {
  if (response instanceof Http2ServerResponse) response.end(content);
  else response.end(content);
}
