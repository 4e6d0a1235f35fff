/** Resources out of what a PROPFIND was answered (RFC 4918 §9.1, §15). */
import type { PropertyName } from "@meanwhile/dav";
import {
  davName,
  isNamed,
  type MultistatusResponse,
  unreadStatus,
  type XmlElement,
} from "@meanwhile/dav/xml";
import { HttpError } from "../../error/http-error.ts";
import { hasFailed } from "../../error/multistatus-error.ts";
import type { Places } from "../place.ts";
import type { Property, Resource } from "./resource.ts";

/** Why nothing is known of a resource. */
export interface ReceivedFailure {
  readonly status: number;
  /** The local name of its `DAV:error` condition, if any. */
  readonly condition?: string;
  readonly description?: string;
}

/**
 * What a `DAV:response` to a PROPFIND tells instead of a resource: that it failed itself (RFC 4918 §14.24); that nothing was
 * told but failures (§14.22), be it 404 for everything, for each resource has a `DAV:resourcetype` (§15.9); nothing at all; or
 * that of what type it is cannot be said. A property that fails beside others does not matter.
 */
export function failureOf(response: MultistatusResponse): ReceivedFailure | undefined {
  const { hrefs, status, propstats } = response;
  if (hrefs.length === 0) return { status: unreadStatus, description: "the server named no resource" };
  if (status !== undefined && hasFailed({ status })) return received(response, status);
  const failed = propstats.filter(hasFailed);
  const errors = failed.filter((propstat) => propstat.status !== 404);
  const isKnown = propstats.some((propstat) => !hasFailed(propstat) && propstat.properties.length > 0);
  const worst = isKnown
    ? errors.find(({ properties }) => properties.some((property) => isNamed(property, typeName)))
    : (errors[0] ?? failed[0]);
  if (worst !== undefined) return received({ ...response, ...worst }, worst.status);
  return isKnown || status !== undefined ? undefined : { status: unreadStatus, description: nothingTold };
}

const nothingTold = "the server told nothing of it";

function received(
  { condition, description }: Pick<MultistatusResponse, "condition" | "description">,
  status: number,
): ReceivedFailure {
  return {
    status,
    ...(condition === undefined ? {} : { condition: condition.name.local }),
    ...(description === undefined ? {} : { description }),
  };
}

/** The error of a resource of which nothing else was asked. */
export function receivedError(
  asked: { readonly method: string; readonly url: URL },
  { status, condition, description }: ReceivedFailure,
): HttpError {
  return new HttpError({
    ...asked,
    status,
    headers: new Headers(),
    ...(condition === undefined ? {} : { condition }),
    ...(description === undefined ? {} : { detail: description }),
  });
}

/** A resource as one `DAV:response` shows it that tells of no failure. */
export function receivedResource(places: Places, url: URL, response: MultistatusResponse): Resource {
  const found = new Map<string, XmlElement>();
  for (const { status, properties } of response.propstats) {
    if (status !== 200) continue;
    for (const property of properties) {
      if (property.name.namespace === "DAV:") found.set(property.name.local, property);
    }
  }
  const text = (local: string): string | undefined => found.get(local)?.text.trim();
  const collection = found.get("resourcetype")?.children.some(isCollection) ?? url.pathname.endsWith("/");
  const length = parseLength(text("getcontentlength"));
  const modified = parseDate(text("getlastmodified"));
  const created = parseDate(text("creationdate"));
  const etag = text("getetag");
  const contentType = text("getcontenttype");
  return {
    url,
    path: places.path(url, collection),
    name: places.name(url),
    collection,
    ...(length === undefined || collection ? {} : { length }),
    ...(modified === undefined ? {} : { modified }),
    ...(created === undefined ? {} : { created }),
    ...(etag === undefined || etag === "" ? {} : { etag }),
    ...(contentType === undefined || contentType === "" ? {} : { contentType }),
    properties: receivedProperties(response),
  };
}

/** All properties of a response, of every propstat (RFC 4918 §14.22). */
export function receivedProperties(response: MultistatusResponse): readonly Property[] {
  return response.propstats.flatMap(({ status, properties }) =>
    properties.map(({ name, text, xml, lang }) => ({
      name,
      status,
      text,
      xml,
      ...(lang === undefined ? {} : { lang }),
    })),
  );
}

/** A property that has a value, of a response. */
export function receivedProperty(response: MultistatusResponse, name: PropertyName): XmlElement | undefined {
  return response.propstats
    .filter(({ status }) => status === 200)
    .flatMap(({ properties }) => properties)
    .find((property) => isNamed(property, name));
}

/** A whole number of bytes; undefined for anything else. */
export function parseLength(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,16}$/.test(text)) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}

/**
 * A date as HTTP (RFC 9110 §5.6.7) or RFC 3339 write it, or nearly so; one without a zone is in UTC. Undefined for anything
 * else, and for the first and last times of several platforms, by which servers say that they do not know it: the years
 * up to 1601 and from 9999.
 */
export function parseDate(text: string | undefined): Date | undefined {
  if (text === undefined || text === "") return undefined;
  const utc = /^\d.*T/.test(text) ? "Z" : " GMT";
  const date = new Date(zoned.test(text) ? text : text + utc);
  const year = date.getUTCFullYear();
  // Date takes the HTTP-date of year 0001 for one of 2001: the year has to be there, but for a zone around New Year, and
  // but for the two digits of RFC 850.
  const isThere =
    [year - 1, year, year + 1].some((one) => text.includes(String(one))) ||
    /\d-[A-Za-z]{3}-\d\d\s/.test(text);
  return isThere && year > 1601 && year < 9999 ? date : undefined;
}

const zoned = /(?:[a-z)]|[+-]\d{2}(?::?\d{2})?)\s*$/i;
const typeName = davName("resourcetype");

function isCollection(element: XmlElement): boolean {
  return isNamed(element, davName("collection"));
}
