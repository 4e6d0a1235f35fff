/** What a PROPFIND says about one resource: its propstats, planned once for all resources of an answer. */
import { clarkName, type DeadProperty, type PropertyName } from "@meanwhile/dav";
import { type PropfindRequest, propertyElement, propstatEnd, propstatStart } from "@meanwhile/dav/xml";
import {
  allLiveProperties,
  type LiveProperty,
  liveProperty,
  type PropertySubject,
} from "./live-properties.ts";

export interface PropertyReport {
  readonly needsDeadProperties: boolean;
  readonly needsLocks: boolean;
  readonly needsQuota: boolean;
  /** The `DAV:propstat` elements of one resource; "" where none has a property. */
  propstats(subject: PropertySubject, deadProperties: readonly DeadProperty[]): string;
}

/**
 * Plans the answer to a PROPFIND (RFC 4918 §9.1).
 *
 * @param minimal leaves out what is not found (`Prefer: return=minimal`, RFC 8144 §2.1)
 */
export function planReport(request: PropfindRequest, options: { readonly minimal: boolean }): PropertyReport {
  switch (request.kind) {
    case "propname":
      return reportNames();
    case "allprop":
      return reportAll(request.include, options.minimal);
    case "prop":
      return reportNamed(request.names, options.minimal);
  }
}

/** "All the properties defined on the resource", names without values (§9.1.4). */
function reportNames(): PropertyReport {
  return {
    needsDeadProperties: true,
    needsLocks: false,
    needsQuota: true,
    propstats(subject, deadProperties) {
      const names = new Map<string, PropertyName>();
      for (const property of allLiveProperties()) {
        if (property.element(subject) !== undefined) names.set(clarkName(property.name), property.name);
      }
      for (const { name } of deadProperties) if (!isComputed(name)) names.set(clarkName(name), name);
      let found = "";
      for (const name of names.values()) found += propertyElement(name);
      return propstatsOf(found, "");
    },
  };
}

/** Dead properties, the live ones of RFC 4918, and what was asked for besides (§14.2, §14.8). */
function reportAll(include: readonly PropertyName[], minimal: boolean): PropertyReport {
  const live = allLiveProperties().filter((property) => property.inAllprop);
  const besides = include.filter((name) => liveProperty(name)?.inAllprop !== true);
  const columns = besides.map(columnOf);
  return {
    needsDeadProperties: true,
    needsLocks: true,
    needsQuota: columns.some(({ live }) => live?.needs === "quota"),
    propstats(subject, deadProperties) {
      let found = "";
      let missing = "";
      for (const property of live) {
        if (!property.isProtected && findDead(deadProperties, property.name) !== undefined) continue;
        const element = property.element(subject);
        if (element !== undefined) found += element;
      }
      for (const { name, xml } of deadProperties) if (!isComputed(name)) found += xml;
      for (const column of columns) {
        if (!column.isComputed && findDead(deadProperties, column.name) !== undefined) continue;
        const element = column.live?.element(subject);
        if (element !== undefined) found += element;
        else if (!minimal) missing += column.missing;
      }
      return propstatsOf(found, missing);
    },
  };
}

/** The properties of the given names, those that are not there with 404 (§9.1.3). */
function reportNamed(names: readonly PropertyName[], minimal: boolean): PropertyReport {
  const columns = names.map(columnOf);
  return {
    needsDeadProperties: columns.some(({ live }) => live === undefined || !live.isProtected),
    needsLocks: columns.some(({ live }) => live?.needs === "locks"),
    needsQuota: columns.some(({ live }) => live?.needs === "quota"),
    propstats(subject, deadProperties) {
      let found = "";
      let missing = "";
      for (const column of columns) {
        const element = elementIn(column, subject, deadProperties);
        if (element !== undefined) found += element;
        else if (!minimal) missing += column.missing;
      }
      return propstatsOf(found, missing);
    },
  };
}

interface Column {
  readonly name: PropertyName;
  readonly live: LiveProperty | undefined;
  /** Whether only the server knows the value: see {@link isComputed}. */
  readonly isComputed: boolean;
  /** Its element for the propstat of what was not found. */
  readonly missing: string;
}

function columnOf(name: PropertyName): Column {
  return {
    name,
    live: liveProperty(name),
    isComputed: isComputed(name),
    missing: propertyElement(name),
  };
}

function elementIn(
  column: Column,
  subject: PropertySubject,
  deadProperties: readonly DeadProperty[],
): string | undefined {
  if (column.isComputed) return column.live?.element(subject);
  return findDead(deadProperties, column.name)?.xml ?? column.live?.element(subject);
}

/** Whether only the server knows the value: a dead property of that name, however it got there, is not shown. */
function isComputed(name: PropertyName): boolean {
  return liveProperty(name)?.isProtected === true;
}

function findDead(properties: readonly DeadProperty[], wanted: PropertyName): DeadProperty | undefined {
  for (const property of properties) {
    if (property.name.local === wanted.local && property.name.namespace === wanted.namespace) return property;
  }
  return undefined;
}

function propstatsOf(found: string, missing: string): string {
  const those = found === "" ? "" : propstatStart + found + foundEnd;
  return missing === "" ? those : those + propstatStart + missing + missingEnd;
}

const foundEnd = propstatEnd(200);
const missingEnd = propstatEnd(404);
