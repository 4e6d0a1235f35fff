/** Multistatus answers of other servers, read as they come (RFC 4918 §13, §14.16). */

import { childrenNamed, davName, isNamed, type XmlElement } from "../xml/xml-reader.ts";
import { XmlStream, type XmlStreamLimits } from "../xml/xml-stream.ts";
import { DocumentError } from "./document-error.ts";
import type { PropertyName } from "./property.ts";

export type { XmlStreamLimits } from "../xml/xml-stream.ts";

/** A `DAV:response` (RFC 4918 §14.24). */
export interface MultistatusResponse {
  /** As they stand in the document, without white space around; none where the server named no resource. */
  readonly hrefs: readonly string[];
  /** What became of these resources, where the answer is not about their properties; {@link unreadStatus} where it cannot be read. */
  readonly status?: number;
  /** Every one of them, in the order of the document. */
  readonly propstats: readonly ReceivedPropstat[];
  readonly condition?: ReceivedCondition;
  /** For people (§14.25). */
  readonly description?: string;
  /** Where to look instead, for a status that redirects (§14.14). */
  readonly location?: string;
}

/** Properties of one resource that share a status (RFC 4918 §14.22). */
export interface ReceivedPropstat {
  /** {@link unreadStatus} where the server gave none that can be read. */
  readonly status: number;
  /** Each property's element; its `xml` stands by itself. */
  readonly properties: readonly XmlElement[];
  readonly condition?: ReceivedCondition;
  readonly description?: string;
}

/** The first child of a `DAV:error` (RFC 4918 §14.5, §16). */
export interface ReceivedCondition {
  readonly name: PropertyName;
  /** What it lists: for `lock-token-submitted`, the lock roots. */
  readonly hrefs: readonly string[];
}

/**
 * Reads a multistatus in pieces, cut anywhere, and gives each response as soon as it is complete. It needs memory for
 * one response, however many there are.
 */
export class MultistatusReader {
  readonly #stream: XmlStream;
  #description: string | undefined;

  constructor(limits: Partial<XmlStreamLimits> = {}) {
    this.#stream = new XmlStream(limits);
  }

  /** The description of the whole, once it was read: many servers put it last (RFC 4918 §14.25). */
  get description(): string | undefined {
    return this.#description;
  }

  /**
   * Takes the next piece of the document, decoded.
   *
   * @throws {DocumentError} if it is no multistatus, not well-formed, or goes beyond a limit
   */
  write(piece: string): readonly MultistatusResponse[] {
    return this.#read(this.#stream.write(piece));
  }

  /** @throws {DocumentError} if the document is not complete */
  end(): readonly MultistatusResponse[] {
    return this.#read(this.#stream.end());
  }

  #read(elements: readonly XmlElement[]): readonly MultistatusResponse[] {
    const { root } = this.#stream;
    if (root !== undefined && !isNamed(root, davName("multistatus"))) {
      throw new DocumentError("it is no DAV:multistatus");
    }
    const responses: MultistatusResponse[] = [];
    for (const element of elements) {
      if (isNamed(element, responseName)) responses.push(readResponse(element));
      else if (isNamed(element, descriptionName)) this.#description = element.text.trim();
    }
    return responses;
  }
}

/** The condition in a `DAV:error`, be it the root of a body or within a response; undefined where it names none. */
export function readCondition(error: XmlElement): ReceivedCondition | undefined {
  const condition = error.children.find(({ name }) => name.namespace === "DAV:") ?? error.children[0];
  if (condition === undefined) return undefined;
  const hrefs = childrenNamed(condition, hrefName).map(({ text }) => text.trim());
  return { name: condition.name, hrefs };
}

/**
 * What a response or a propstat counts as whose status is missing or cannot be read: it failed. One bad member must not
 * hide the others.
 */
export const unreadStatus = 500;

/**
 * The status in a `DAV:status` (RFC 4918 §14.28): `HTTP/1.1 200 OK`, of whatever version, with or without a reason;
 * {@link unreadStatus} where there is none.
 */
export function parseStatusLine(text: string): number {
  const status = statusForm.exec(text)?.[1];
  return status === undefined ? unreadStatus : Number(status);
}

function readResponse(element: XmlElement): MultistatusResponse {
  const hrefs = childrenNamed(element, hrefName).map(({ text }) => text.trim());
  const status = childrenNamed(element, statusName)[0];
  const location = childrenNamed(element, locationName).flatMap((child) => childrenNamed(child, hrefName))[0];
  return {
    hrefs,
    ...(status === undefined ? {} : { status: parseStatusLine(status.text) }),
    propstats: childrenNamed(element, propstatName).map(readPropstat),
    ...readRemarks(element),
    ...(location === undefined ? {} : { location: location.text.trim() }),
  };
}

function readPropstat(element: XmlElement): ReceivedPropstat {
  const status = childrenNamed(element, statusName)[0];
  return {
    status: parseStatusLine(status?.text ?? ""),
    properties: childrenNamed(element, propName).flatMap(({ children }) => children),
    ...readRemarks(element),
  };
}

function readRemarks(element: XmlElement): Pick<ReceivedPropstat, "condition" | "description"> {
  const error = childrenNamed(element, errorName)[0];
  const condition = error === undefined ? undefined : readCondition(error);
  const description = childrenNamed(element, descriptionName)[0]?.text.trim();
  return {
    ...(condition === undefined ? {} : { condition }),
    ...(description === undefined || description === "" ? {} : { description }),
  };
}

const responseName = davName("response");
const hrefName = davName("href");
const statusName = davName("status");
const propstatName = davName("propstat");
const propName = davName("prop");
const errorName = davName("error");
const descriptionName = davName("responsedescription");
const locationName = davName("location");

const statusForm = /^\s*(?:HTTP\/[0-9.]+\s+)?([1-5][0-9]{2})(?:\s|$)/i;
