/** Multistatus documents read back, so that tests can look at what a client would see. */
import { clarkName } from "@meanwhile/dav";
import { childrenNamed, davName, parseXml, type XmlElement } from "@meanwhile/dav/xml";

export interface ResponseView {
  readonly href: string;
  /** The status of the whole resource, where it has one: 403. */
  readonly status: number | undefined;
  /** By status, then by property name in Clark notation: the property's element. */
  readonly properties: ReadonlyMap<number, ReadonlyMap<string, XmlElement>>;
  /** The conditions that its errors name. */
  readonly conditions: readonly string[];
}

/** The responses of a multistatus, by href. An href that is there twice is an error (RFC 4918 §14.24). */
export function viewMultistatus(document: string): ReadonlyMap<string, ResponseView> {
  const views = new Map<string, ResponseView>();
  for (const response of childrenNamed(parseXml(document, unlimited), davName("response"))) {
    const href = only(response, "href").text;
    if (views.has(href)) throw new Error(`${href} has two responses`);
    const properties = new Map<number, ReadonlyMap<string, XmlElement>>();
    const conditions: string[] = [];
    for (const propstat of childrenNamed(response, davName("propstat"))) {
      const members = only(propstat, "prop").children;
      properties.set(statusIn(propstat), new Map(members.map((member) => [clarkName(member.name), member])));
      for (const error of childrenNamed(propstat, davName("error"))) {
        conditions.push(...error.children.map(({ name }) => name.local));
      }
    }
    const status = childrenNamed(response, davName("status")).length > 0 ? statusIn(response) : undefined;
    views.set(href, { href, status, properties, conditions });
  }
  return views;
}

/** The text of a property that was found: of DAV: by its local name, of others in Clark notation. */
export function textOf(view: ResponseView | undefined, name: string): string | undefined {
  return view?.properties.get(200)?.get(name.startsWith("{") ? name : `{DAV:}${name}`)?.text;
}

const none: number = Number.POSITIVE_INFINITY;
const unlimited = { length: none, elements: none, namespaces: none, namespaceLength: none };

function only(element: XmlElement, local: string): XmlElement {
  const [first, ...others] = childrenNamed(element, davName(local));
  if (first === undefined || others.length > 0) throw new Error(`there must be one ${local}`);
  return first;
}

function statusIn(element: XmlElement): number {
  return Number(/^HTTP\/1\.1 (\d{3}) ./.exec(only(element, "status").text)?.[1]);
}
