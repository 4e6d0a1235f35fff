import { clarkName, type PropertyName } from "@meanwhile/dav";
import { davName, type MultistatusResponse, propertyElement, xmlDeclaration } from "@meanwhile/dav/xml";
import { discard } from "../../send/received-content.ts";
import type { Patience } from "../../send/send.ts";
import { ask } from "../exchange.ts";
import { checkPropertyName } from "../properties/property-name.ts";
import { readFailure } from "../read-failure.ts";
import type { VerbContext } from "../verb-context.ts";
import { readMultistatus } from "./read-multistatus.ts";

/** What a PROPFIND asks for (RFC 4918 §9.1). */
export type Wanted = readonly PropertyName[] | "all" | "names";

export interface Found {
  /** That was asked, which may have got a slash at its end. */
  readonly url: URL;
  readonly responses: AsyncGenerator<MultistatusResponse, void>;
}

/**
 * Asks for properties.
 *
 * @throws {HttpError} where the request failed, also with a success that is no 207
 */
export async function propfind(
  context: VerbContext,
  url: URL,
  depth: "0" | "1" | "infinity",
  wanted: Wanted,
  patience: Patience,
): Promise<Found> {
  const question = {
    method: "PROPFIND",
    url,
    // "The 'Depth' header ... a client MUST submit a Depth header" (RFC 4918 §9.1): not all servers have a default.
    headers: {
      Depth: depth,
      "Content-Type": 'application/xml; charset="utf-8"',
      Accept: "application/xml, text/xml",
    },
    content: propfindDocument(wanted),
    patience,
  };
  const answer = await ask(context, question);
  if (answer.response.status !== 207) {
    const failure = await readFailure(
      { method: "PROPFIND", url: answer.url },
      answer.response,
      context.places,
    );
    await discard(answer.response);
    throw failure;
  }
  return {
    url: answer.url,
    responses: readMultistatus({ method: "PROPFIND", url: answer.url }, answer.response),
  };
}

/** The properties that a resource is shown with. */
const resourceProperties: readonly PropertyName[] = [
  davName("resourcetype"),
  davName("getcontentlength"),
  davName("getlastmodified"),
  davName("creationdate"),
  davName("getetag"),
  davName("getcontenttype"),
];

/** Those, and others, each once. */
export function withOthers(others: readonly PropertyName[] = []): readonly PropertyName[] {
  const all = [...resourceProperties, ...others];
  return [...new Map(all.map((name) => [clarkName(name), name])).values()];
}

/** @throws {TypeError} `ERR_PROPERTY_NAME` if XML cannot say a name */
function propfindDocument(wanted: Wanted): string {
  const content =
    wanted === "all"
      ? "<D:allprop/>"
      : wanted === "names"
        ? "<D:propname/>"
        : `<D:prop>${namesOf(wanted)}</D:prop>`;
  return `${xmlDeclaration}<D:propfind xmlns:D="DAV:">${content}</D:propfind>`;
}

function namesOf(names: readonly PropertyName[]): string {
  for (const name of names) checkPropertyName(name);
  return names.map((name) => propertyElement(name)).join("");
}
