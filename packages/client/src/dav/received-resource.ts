/** Resources out of what a PROPFIND was answered (RFC 4918 §9.1, §15). */
import type { MultistatusResponse } from "@meanwhile/dav/multistatus-reader";
import type { PropertyName } from "@meanwhile/dav/property";
import { davName, isNamed, type XmlElement } from "@meanwhile/dav/xml-reader";
import type { Places } from "./place.ts";
import type { Property, Resource } from "./resource.ts";

/** A resource as one `DAV:response` shows it. */
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
  const status = response.status !== undefined && response.status >= 300 ? response.status : undefined;
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
    ...(status === undefined ? {} : { status }),
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

/** A date as HTTP or RFC 3339 write it; undefined for anything else. */
export function parseDate(text: string | undefined): Date | undefined {
  if (text === undefined || text === "") return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function isCollection(element: XmlElement): boolean {
  return isNamed(element, davName("collection"));
}
