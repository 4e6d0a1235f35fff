/** What Windows sets on each document that it writes: times and attributes in a namespace of its own. */
import { clarkName, type PropertyChange, type PropertyName } from "@meanwhile/dav/property";
import { parseXml } from "@meanwhile/dav/xml-reader";
import { parseHttpDate } from "./http-date.ts";

const win32Namespace = "urn:schemas-microsoft-com:";

/**
 * Whether a PROPPATCH may pass without the token of a lock that its own principal holds: it only sets or removes
 * Windows' own properties, as Office does.
 */
export function isToleratedWhileLocked(changes: readonly PropertyChange[]): boolean {
  return changes.length > 0 && changes.every((change) => isWin32(nameOfChange(change)));
}

/**
 * The time of last modification that changes ask for, by the last `Win32LastModifiedTime` that they set;
 * undefined where there is none, or its value is no HTTP-date.
 */
export function win32LastModifiedMs(changes: readonly PropertyChange[], nowMs: number): number | undefined {
  let modifiedMs: number | undefined;
  for (const change of changes) {
    if (clarkName(nameOfChange(change)) !== lastModified) continue;
    modifiedMs =
      change.action === "set" ? parseHttpDate(parseXml(change.property.xml).text.trim(), nowMs) : undefined;
  }
  return modifiedMs;
}

/** The property that a change is about. */
export function nameOfChange(change: PropertyChange): PropertyName {
  return change.action === "set" ? change.property.name : change.name;
}

const lastModified = clarkName({ namespace: win32Namespace, local: "Win32LastModifiedTime" });

function isWin32(name: PropertyName): boolean {
  return name.namespace === win32Namespace;
}
