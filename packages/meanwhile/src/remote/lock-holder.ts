/** Who holds the locks on a resource (RFC 4918 §15.8). */
import type { DavClient } from "@meanwhile/client";
import { childrenNamed, davName, parseXml, type XmlElement } from "@meanwhile/dav/xml";
import { formatTime } from "../display/amounts.ts";
import { summary } from "../display/printable.ts";

export interface ActiveLock {
  readonly scope: "exclusive" | "shared";
  readonly depth: string;
  /** Text of the owner element, white space folded; "" where there is none. */
  readonly owner: string;
  /** Seconds that remain; undefined: for ever, or not told. */
  readonly timeoutSeconds: number | undefined;
  /** "" where the server keeps it secret. */
  readonly token: string;
  /** As the server writes it; "" where it does not. */
  readonly root: string;
}

/** Milliseconds that the question may take: it is only asked to explain another answer. */
const askHolderMs = 5000;

/** Reads a `DAV:lockdiscovery`; what is no lock in it is left out. */
export function readActiveLocks(xml: string): readonly ActiveLock[] {
  return childrenNamed(parseXml(xml), davName("activelock")).map((lock) => {
    const scope = child(lock, "lockscope");
    const timeout = /^\s*Second-(\d{1,10})\s*$/i.exec(textOf(child(lock, "timeout")))?.[1];
    return {
      scope: scope !== undefined && child(scope, "shared") !== undefined ? "shared" : "exclusive",
      depth: textOf(child(lock, "depth")).trim(),
      owner: textOf(child(lock, "owner")).replace(/\s+/g, " ").trim(),
      timeoutSeconds: timeout === undefined ? undefined : Number(timeout),
      token: textOf(child(lock, "locktoken")).trim(),
      root: textOf(child(lock, "lockroot")).trim(),
    };
  });
}

/** The locks on a resource. */
export async function activeLocks(
  client: DavClient,
  place: URL,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<readonly ActiveLock[]> {
  const properties = await client.properties(place, [davName("lockdiscovery")], options);
  const found = properties.find(({ name, status }) => name.local === "lockdiscovery" && status === 200);
  return found === undefined ? [] : readActiveLocks(found.xml);
}

/** `by Ann for 9:50`, as it follows "locked"; undefined where nobody says. */
export async function lockHolder(client: DavClient, places: readonly URL[]): Promise<string | undefined> {
  for (const place of places.slice(0, 3)) {
    try {
      const [lock] = await activeLocks(client, place, { timeoutMs: askHolderMs });
      if (lock !== undefined) return describeHolder(lock);
    } catch {
      // That it is locked is told in any case.
    }
  }
  return undefined;
}

/** `by Ann for 9:50`. */
export function describeHolder({ owner, timeoutSeconds }: ActiveLock): string {
  const who = owner === "" ? "by somebody" : `by ${summary(owner, 100)}`;
  return timeoutSeconds === undefined ? who : `${who} for ${formatTime(timeoutSeconds * 1000)}`;
}

function child(element: XmlElement, local: string): XmlElement | undefined {
  return childrenNamed(element, davName(local))[0];
}

function textOf(element: XmlElement | undefined): string {
  if (element === undefined) return "";
  return [element.text, ...element.children.map(textOf)].join(" ");
}
