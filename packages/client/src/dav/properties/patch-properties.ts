/** PROPPATCH (RFC 4918 §9.2). */
import type { PropertyName } from "@meanwhile/dav";
import {
  escapeAttribute,
  escapeText,
  isNamed,
  type MultistatusResponse,
  parseXml,
  propertyElement,
  type XmlElement,
  xmlDeclaration,
} from "@meanwhile/dav/xml";
import { misuse } from "../../error/misuse.ts";
import { hasFailed, type MemberResult, MultistatusError } from "../../error/multistatus-error.ts";
import { discard } from "../../send/received-content.ts";
import { changeHeaders, repetition } from "../change.ts";
import type { ChangeOptions, Place, PropertyChange } from "../dav-client.ts";
import { readMultistatus } from "../listing/read-multistatus.ts";
import { readFailure } from "../read-failure.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import { checkPropertyName } from "./property-name.ts";

/**
 * Sets and removes properties, all or none (RFC 4918 §9.2).
 *
 * @throws {MultistatusError} where one was refused; its members are the properties: the others have 424
 * @throws {TypeError} `ERR_PROPERTY_NAME`, `ERR_PROPERTY_VALUE` for what XML cannot say
 */
export async function patchProperties(
  context: VerbContext,
  place: Place,
  changes: readonly PropertyChange[],
  options: ChangeOptions = {},
): Promise<void> {
  const url = context.places.url(place);
  const asked = { method: "PROPPATCH", url };
  if (changes.length === 0) return;
  const content = propertyUpdate(changes);
  const headers = { "Content-Type": 'application/xml; charset="utf-8"', Accept: "application/xml, text/xml" };
  await context.start<void>({
    ...patienceOf(context, options),
    ...repetition(options),
    ...asked,
    headers: changeHeaders(context, { url, headers, changed: [url] }, options),
    content,
    read: (response) => readPatched(context, asked, response),
  }).outcome;
}

/** The `DAV:propertyupdate`, in the order of the changes, in which they are done (RFC 4918 §9.2, §14.19). */
function propertyUpdate(changes: readonly PropertyChange[]): string {
  return `${xmlDeclaration}<D:propertyupdate xmlns:D="DAV:">${changes.map(instruction).join("")}</D:propertyupdate>`;
}

function instruction(change: PropertyChange): string {
  if ("remove" in change) {
    checkPropertyName(change.remove);
    return `<D:remove><D:prop>${propertyElement(change.remove)}</D:prop></D:remove>`;
  }
  checkPropertyName(change.set);
  const element = "xml" in change ? ownElement(change.set, change.xml) : textElement(change);
  return `<D:set><D:prop>${element}</D:prop></D:set>`;
}

function ownElement(name: PropertyName, xml: string): string {
  let element: XmlElement;
  try {
    element = parseXml(xml);
  } catch (cause) {
    throw misuse("ERR_PROPERTY_VALUE", `the value of ${name.local} is no XML element`, cause);
  }
  if (!isNamed(element, name)) {
    throw misuse("ERR_PROPERTY_VALUE", `the element of a value must be the property's own, ${name.local}`);
  }
  return element.xml;
}

function textElement({ set, text, lang }: { set: PropertyName; text: string; lang?: string }): string {
  if (notInXml.test(text)) throw misuse("ERR_PROPERTY_VALUE", `XML cannot carry the value of ${set.local}`);
  const element = propertyElement(set, escapeText(text));
  if (lang === undefined) return element;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(lang)) throw misuse("ERR_PROPERTY_VALUE", "it is no language tag");
  return element.replace(/>/, ` xml:lang="${escapeAttribute(lang)}">`);
}

async function readPatched(
  context: VerbContext,
  asked: { readonly method: string; readonly url: URL },
  response: Response,
): Promise<void> {
  if (!response.ok) throw await readFailure(asked, response, context.places);
  if (response.status !== 207) return discard(response);
  const results: MemberResult[] = [];
  for await (const part of readMultistatus(asked, response))
    results.push(...propertyResults(asked.url, part));
  if (results.some(hasFailed)) throw new MultistatusError(asked.method, asked.url, results);
}

function propertyResults(url: URL, response: MultistatusResponse): readonly MemberResult[] {
  const { status: whole = 200 } = response;
  const own = { url, status: whole, ...remarks(response) };
  if (response.propstats.length === 0) return [own];
  const results = response.propstats.flatMap((propstat) => {
    const { status, properties } = propstat;
    const result = { url, status, ...remarks(response), ...remarks(propstat) };
    return properties.length === 0 ? [result] : properties.map(({ name }) => ({ ...result, property: name }));
  });
  return hasFailed(own) ? [own, ...results] : results;
}

function remarks({
  condition,
  description,
}: Pick<MultistatusResponse, "condition" | "description">): Pick<MemberResult, "condition" | "description"> {
  return {
    ...(condition === undefined ? {} : { condition: condition.name.local }),
    ...(description === undefined ? {} : { description }),
  };
}

const notInXml = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/u;
