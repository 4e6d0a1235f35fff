import type { PropertyName } from "@meanwhile/dav";
import { davName } from "@meanwhile/dav/xml";
import type { Patience } from "../../send/send.ts";
import type { Place, Quota } from "../dav-client.ts";
import { propfindOne } from "../listing/stat.ts";
import type { VerbContext } from "../verb-context.ts";
import {
  failureOf,
  parseLength,
  receivedError,
  receivedProperties,
  receivedProperty,
} from "./received-resource.ts";
import type { Property } from "./resource.ts";

/**
 * Properties of one resource (RFC 4918 §9.1), of every propstat.
 *
 * @throws {HttpError} where the server tells of no property, but of a failure
 */
export async function properties(
  context: VerbContext,
  place: Place,
  wanted?: readonly PropertyName[] | "names",
  options: Patience = {},
): Promise<readonly Property[]> {
  const { url, response } = await propfindOne(context, place, wanted ?? "all", options);
  const all = receivedProperties(response);
  const failure = all.length > 0 ? undefined : failureOf(response);
  if (failure !== undefined) throw receivedError({ method: "PROPFIND", url }, failure);
  return all;
}

/**
 * How much room there is (RFC 4331 §3, §4).
 *
 * @throws {HttpError} where the server tells of failures alone, other than that it has no such properties
 */
export async function quota(context: VerbContext, place: Place, options: Patience = {}): Promise<Quota> {
  const { url, response } = await propfindOne(context, place, [usedName, availableName], options);
  const failure = failureOf(response);
  if (failure !== undefined && failure.status !== 404)
    throw receivedError({ method: "PROPFIND", url }, failure);
  const used = parseLength(receivedProperty(response, usedName)?.text.trim());
  const available = parseLength(receivedProperty(response, availableName)?.text.trim());
  return { ...(used === undefined ? {} : { used }), ...(available === undefined ? {} : { available }) };
}

const usedName = davName("quota-used-bytes");
const availableName = davName("quota-available-bytes");
