/** What a LOCK was answered (RFC 4918 §9.10.1, §14.1). */
import { childrenNamed, davName, isNamed, parseXml, type XmlElement } from "@meanwhile/dav/xml";
import { readText } from "../content/response-content.ts";

/** A lock as the server tells of it. */
export interface ActiveLock {
  readonly token: string | undefined;
  readonly timeoutSeconds: number | "infinite" | undefined;
  /** An href. */
  readonly root: string | undefined;
  readonly depth: "0" | "infinity" | undefined;
}

/** The locks in the `DAV:lockdiscovery` of an answer. None where its content is something else, as with some servers. */
export async function readActiveLocks(response: Response): Promise<readonly ActiveLock[]> {
  const text = await readText(response, contentLimit);
  let root: XmlElement;
  try {
    root = parseXml(text.trim());
  } catch {
    // The fields of the answer have to do.
    return [];
  }
  return (isNamed(root, davName("lockdiscovery")) ? [root] : childrenNamed(root, davName("lockdiscovery")))
    .flatMap((discovery) => childrenNamed(discovery, davName("activelock")))
    .map(activeLock);
}

/** The token of a `Lock-Token` field (RFC 4918 §10.5); some servers leave its angle brackets out. */
export function tokenOfField(value: string | null): string | undefined {
  const token = value?.trim().replace(/^<(.*)>$/, "$1");
  return token === undefined || token === "" ? undefined : token;
}

function activeLock(element: XmlElement): ActiveLock {
  const depth = textOf(element, "depth")?.toLowerCase();
  return {
    token: hrefOf(element, "locktoken"),
    timeoutSeconds: parseTimeoutSeconds(textOf(element, "timeout")),
    root: hrefOf(element, "lockroot"),
    depth: depth === "0" || depth === "infinity" ? depth : undefined,
  };
}

/** The time in a `DAV:timeout` (RFC 4918 §14.29), such as `Second-600`. Some servers tell of parts of a second. */
function parseTimeoutSeconds(text: string | undefined): number | "infinite" | undefined {
  if (text === undefined) return undefined;
  if (/^infinite$/i.test(text)) return "infinite";
  const seconds = /^second-([0-9]{1,15})(?:\.[0-9]{0,15})?$/i.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function textOf(element: XmlElement, local: string): string | undefined {
  return childrenNamed(element, davName(local))[0]?.text.trim();
}

function hrefOf(element: XmlElement, local: string): string | undefined {
  const holder = childrenNamed(element, davName(local))[0];
  const href = holder === undefined ? undefined : textOf(holder, "href");
  return href === "" ? undefined : href;
}

const contentLimit = 1024 * 1024;
