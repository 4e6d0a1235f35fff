/** What the server says that this user may do (RFC 3744 §5.4), and who has locked what (RFC 4918 §15.8). */
import type { Resource } from "@meanwhile/client/browser";

const dav = "DAV:";

/** What is asked for of each member, and of the folder itself. */
export const askedProperties: readonly { readonly namespace: string; readonly local: string }[] = [
  { namespace: dav, local: "lockdiscovery" },
  { namespace: dav, local: "current-user-privilege-set" },
];

export interface Lock {
  /** Who it says it is, for people; "" where it says nothing. */
  readonly owner: string;
  /** undefined: for ever. */
  readonly until: Date | undefined;
}

/** Whether it may be changed. A server that tells nothing of rights lets it be tried. */
export function mayChange({ properties }: Pick<Resource, "properties">): boolean {
  const told = found(properties, "current-user-privilege-set");
  return told === undefined || /<(?:[\w.-]+:)?(?:write|all)\s*\/?>/.test(told);
}

/** The first of its locks. @param nowMs when the answer came */
export function lockOf({ properties }: Pick<Resource, "properties">, nowMs: number): Lock | undefined {
  const told = found(properties, "lockdiscovery");
  if (told === undefined || !/<(?:[\w.-]+:)?activelock\b/.test(told)) return undefined;
  const seconds = /Second-(\d{1,10})/i.exec(contentOf(told, "timeout"))?.[1];
  return {
    owner: textOf(contentOf(told, "owner")).slice(0, longestOwner),
    until: seconds === undefined ? undefined : new Date(nowMs + Number(seconds) * 1000),
  };
}

const longestOwner = 200;

function found(properties: Resource["properties"], local: string): string | undefined {
  return properties.find(
    ({ name, status }) => name.namespace === dav && name.local === local && status === 200,
  )?.xml;
}

/** What is in the first element of that name: enough of XML for what the client has read and written already. */
function contentOf(xml: string, local: string): string {
  const element = new RegExp(`<(?:[\\w.-]+:)?${local}\\b[^>]*>(.*?)</(?:[\\w.-]+:)?${local}\\s*>`, "s");
  return element.exec(xml)?.[1] ?? "";
}

/** Without elements. It is shown as text, whatever it is. */
function textOf(xml: string): string {
  return xml
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? "", 16);
      if (name !== undefined) return entities.get(name) ?? whole;
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/\s+/g, " ")
    .trim();
}

const entities: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);
