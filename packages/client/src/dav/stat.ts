import type { MultistatusResponse } from "@meanwhile/dav/multistatus-reader";
import type { PropertyName } from "@meanwhile/dav/property";
import { HttpError } from "../error/http-error.ts";
import type { Patience } from "../http/send.ts";
import { isSameResource } from "./comparable-path.ts";
import type { Place } from "./dav-client.ts";
import { Losses } from "./losses.ts";
import { type Found, propfind, type Wanted, withOthers } from "./propfind.ts";
import { malformed } from "./read-multistatus.ts";
import { receivedResource } from "./received-resource.ts";
import type { Resource } from "./resource.ts";
import { patienceOf, type VerbContext } from "./verb-context.ts";

/** What a server tells of one resource: PROPFIND of Depth 0 (RFC 4918 §9.1). */
export async function stat(
  context: VerbContext,
  place: Place,
  options: Patience & { readonly properties?: readonly PropertyName[] } = {},
): Promise<Resource> {
  const { url, response } = await propfindOne(context, place, withOthers(options.properties), options);
  return receivedResource(context.places, url, response);
}

/** Whether there is something. Answers other than yes (207) and no (404, 410) reject. */
export async function exists(context: VerbContext, place: Place, options: Patience = {}): Promise<boolean> {
  try {
    await propfindOne(context, place, withOthers(), options);
    return true;
  } catch (error) {
    if (error instanceof HttpError && (error.status === 404 || error.status === 410)) return false;
    throw error;
  }
}

export interface OneFound {
  /** As the server names it. */
  readonly url: URL;
  readonly response: MultistatusResponse;
}

/**
 * The response about one resource: the one with its URL, or the only one.
 *
 * @throws {HttpError} where the request failed, or the response says so
 */
export async function propfindOne(
  context: VerbContext,
  place: Place,
  wanted: Wanted,
  options: Patience,
): Promise<OneFound> {
  const losses = new Losses(context, patienceOf(context, options));
  const asked = context.places.url(place);
  for (;;) {
    const found = await propfind(context, asked, "0", wanted, losses.patience);
    try {
      return await readOne(context, found);
    } catch (error) {
      await losses.after(error);
    }
  }
}

async function readOne(context: VerbContext, { url, responses }: Found): Promise<OneFound> {
  const asked = { method: "PROPFIND", url };
  const found: OneFound[] = [];
  let other: MultistatusResponse | undefined;
  for await (const response of responses) {
    const named = response.hrefs.flatMap((href) => context.places.ofHref(href, url) ?? []);
    const same = named.find((candidate) => isSameResource(candidate, url));
    if (same !== undefined) found.push({ url: same, response });
    else other ??= response;
    if (found.length > 0) break;
  }
  const [one] = other === undefined || found.length > 0 ? found : [{ url, response: other }];
  if (one === undefined) throw malformed(asked, "the answer tells of no resource");
  const { status, propstats, description, condition } = one.response;
  if (status !== undefined && status >= 400 && propstats.length === 0) {
    throw new HttpError({
      ...asked,
      status,
      headers: new Headers(),
      ...(condition === undefined ? {} : { condition: condition.name.local }),
      ...(description === undefined ? {} : { detail: description }),
    });
  }
  return one;
}
