/** The time of last modification that a client sets by a property. */
import { clarkName, type PropertyChange, type PropertyName } from "@meanwhile/dav";
import { parseXml } from "@meanwhile/dav/xml";
import { parseHttpDate } from "../http/http-date.ts";

/** The property that a change is about. */
export function nameOfChange(change: PropertyChange): PropertyName {
  return change.action === "set" ? change.property.name : change.name;
}

/**
 * Whether a change is about DAV:lastmodified, by which rclone sets times on some vendors' servers, in seconds since the
 * epoch. It is the time itself and no property of its own, so that it is done, or refused, and never only stored.
 */
export function isLastModified(change: PropertyChange): boolean {
  return clarkName(nameOfChange(change)) === lastModified;
}

/**
 * The time that changes ask for, by the last DAV:lastmodified or `Win32LastModifiedTime` that they set; undefined where
 * there is none, or its value is no time.
 */
export function requestedModifiedMs(changes: readonly PropertyChange[], nowMs: number): number | undefined {
  let modifiedMs: number | undefined;
  for (const change of changes) {
    const ofWindows = clarkName(nameOfChange(change)) === win32LastModified;
    if (!ofWindows && !isLastModified(change)) continue;
    const text = change.action === "set" ? parseXml(change.property.xml).text.trim() : "";
    modifiedMs = !ofWindows && seconds.test(text) ? Number(text) * 1000 : parseHttpDate(text, nowMs);
  }
  return modifiedMs;
}

const seconds = /^-?\d{1,12}$/;
const lastModified = clarkName({ namespace: "DAV:", local: "lastmodified" });
const win32LastModified = clarkName({
  namespace: "urn:schemas-microsoft-com:",
  local: "Win32LastModifiedTime",
});
