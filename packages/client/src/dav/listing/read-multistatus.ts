import { DocumentError, MultistatusReader, type MultistatusResponse } from "@meanwhile/dav/xml";
import { ConnectionError } from "../../error/connection-error.ts";
import { piecesOf } from "../../send/received-content.ts";
import { contentFields } from "../content/content-fields.ts";
import { XmlDecoder } from "../content/response-content.ts";

/**
 * The responses of a multistatus as they arrive (RFC 4918 §13). Leaving the loop ends the exchange.
 *
 * @throws {ConnectionError} `malformed` if it is no multistatus, or goes beyond a limit; whatever reading rejects with
 */
export async function* readMultistatus(
  asked: { readonly method: string; readonly url: URL },
  response: Response,
): AsyncGenerator<MultistatusResponse, void> {
  const decoder = new XmlDecoder(contentFields(response).contentType);
  const reader = new MultistatusReader();
  try {
    for await (const piece of piecesOf(response)) yield* reader.write(decoder.decode(piece));
    yield* reader.write(decoder.end());
    yield* reader.end();
  } catch (cause) {
    if (cause instanceof DocumentError)
      throw malformed(asked, `the answer is no multistatus: ${cause.message}`, cause);
    throw cause;
  }
}

/** The server answered with something that it must not answer with. */
export function malformed(
  { method, url }: { readonly method: string; readonly url: URL },
  what: string,
  cause?: unknown,
): ConnectionError {
  return new ConnectionError("malformed", `${method} ${url.pathname}: ${what}`, {
    mayHaveArrived: true,
    cause,
  });
}
