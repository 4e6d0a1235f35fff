import type { PropertyName } from "@meanwhile/dav";
import type { MultistatusResponse } from "@meanwhile/dav/xml";
import { HttpError } from "../../error/http-error.ts";
import { hasFailed } from "../../error/multistatus-error.ts";
import { setbackOf } from "../../repeat/setback.ts";
import type { Patience } from "../../send/send.ts";
import { depthBelow, isSameResource } from "../comparable-path.ts";
import type { Place } from "../dav-client.ts";
import { repeatedReading } from "../exchange.ts";
import type { Places } from "../place.ts";
import { failureOf, receivedError, receivedResource } from "../properties/received-resource.ts";
import type { Resource } from "../properties/resource.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import { alikeName } from "./alike-name.ts";
import { type Found, propfind, type Wanted, withOthers } from "./propfind.ts";
import { malformed } from "./read-multistatus.ts";

/**
 * What a server tells of one resource: PROPFIND of Depth 0 (RFC 4918 §9.1).
 *
 * @throws {HttpError} where the request failed, or the 207 tells of failures alone
 */
export async function stat(
  context: VerbContext,
  place: Place,
  options: Patience & { readonly properties?: readonly PropertyName[] } = {},
): Promise<Resource> {
  const { url, response } = await resourceAt(context, place, withOthers(options.properties), options);
  return receivedResource(context.places, url, response);
}

/** Whether there is something. Answers other than yes (207) and no (404, 410, be it within a 207) reject. */
export async function exists(context: VerbContext, place: Place, options: Patience = {}): Promise<boolean> {
  try {
    await resourceAt(context, place, withOthers(), options);
    return true;
  } catch (error) {
    if (error instanceof HttpError && (error.status === 404 || error.status === 410)) return false;
    throw error;
  }
}

/** @throws {HttpError} where the response tells of failures alone */
async function resourceAt(
  context: VerbContext,
  place: Place,
  wanted: Wanted,
  options: Patience,
): Promise<OneFound> {
  const one = await propfindOne(context, place, wanted, options);
  const failure = failureOf(one.response);
  if (failure !== undefined) throw receivedError({ method: "PROPFIND", url: one.url }, failure);
  return one;
}

export interface OneFound {
  /** As the server names it. */
  readonly url: URL;
  readonly response: MultistatusResponse;
}

/**
 * The response about one resource: the one with its URL, or the only one, if that may be it: servers change names, and
 * proxies paths.
 *
 * @throws {HttpError} where the request failed, or the response says so
 */
export async function propfindOne(
  context: VerbContext,
  place: Place,
  wanted: Wanted,
  options: Patience,
): Promise<OneFound> {
  const repeating = repeatedReading(context, patienceOf(context, options));
  const asked = context.places.url(place);
  for (;;) {
    const found = await propfind(context, asked, "0", wanted, repeating.patience);
    try {
      return await readOne(context, found);
    } catch (error) {
      await repeating.after(setbackOf(error));
    }
  }
}

async function readOne(context: VerbContext, { url, responses }: Found): Promise<OneFound> {
  const asked = { method: "PROPFIND", url };
  const found: OneFound[] = [];
  const others: MultistatusResponse[] = [];
  for await (const response of responses) {
    const named = response.hrefs.flatMap((href) => context.places.ofHref(href, url) ?? []);
    const same = named.find((candidate) => isSameResource(candidate, url));
    if (same !== undefined) found.push({ url: same, response });
    else if (others.length < 2) others.push(response);
    if (found.length > 0) break;
  }
  const [only, another] = others;
  if (found.length === 0 && another !== undefined)
    throw malformed(asked, "the answer tells of other resources");
  if (found.length === 0 && only !== undefined && isOfAnother(context.places, url, only))
    throw malformed(asked, "the answer tells of another resource");
  const one = found[0] ?? (only === undefined ? undefined : { url, response: only });
  if (one === undefined) throw malformed(asked, "the answer tells of no resource");
  const { status, hrefs } = one.response;
  const failure = failureOf(one.response);
  const isWhole = hrefs.length === 0 || (status !== undefined && hasFailed({ status }));
  if (isWhole && failure !== undefined) throw receivedError(asked, failure);
  return one;
}

/**
 * Whether all that it names is below the base, has another name, and is in another folder: in the same one, a server may have
 * made another name of the one that was asked for. The base itself has names that are not ours.
 */
function isOfAnother(places: Places, asked: URL, { hrefs }: MultistatusResponse): boolean {
  const named = hrefs.flatMap((href) => places.ofHref(href, asked) ?? []);
  const name = alikeName(places.name(asked));
  const folder = new URL(asked.pathname.endsWith("/") ? ".." : ".", asked);
  const mayBeIt = (url: URL): boolean =>
    alikeName(places.name(url)) === name || depthBelow(url, folder) === 1;
  return name !== "" && named.length > 0 && !named.some(mayBeIt);
}
