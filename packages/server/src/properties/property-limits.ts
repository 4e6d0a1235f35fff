/** How much may be stored as dead properties. */
import { clarkName, type DeadProperty, type PropertyChange } from "@meanwhile/dav";

/** Lengths are in bytes of UTF-8. */
export const propertyLimits: {
  /** Of one property's element. */
  readonly propertyBytes: number;
  /** Of all properties of a resource; bounds what a batch of members of a PROPFIND holds. */
  readonly resourceBytes: number;
  readonly properties: number;
} = { propertyBytes: 64 * 1024, resourceBytes: 256 * 1024, properties: 1000 };

/**
 * The names, in Clark notation, of the properties that may not be set, as they or all of the resource's properties
 * together would be larger than {@link propertyLimits} allow. Removing is always possible.
 */
export function tooLarge(
  present: readonly DeadProperty[],
  changes: readonly PropertyChange[],
): ReadonlySet<string> {
  const lengths = new Map(
    present.map((property) => [clarkName(property.name), Buffer.byteLength(property.xml)]),
  );
  const refused = new Set<string>();
  const set = new Set<string>();
  for (const change of changes) {
    if (change.action === "remove") {
      lengths.delete(clarkName(change.name));
      set.delete(clarkName(change.name));
      continue;
    }
    const name = clarkName(change.property.name);
    const length = Buffer.byteLength(change.property.xml);
    if (length > propertyLimits.propertyBytes) refused.add(name);
    lengths.set(name, length);
    set.add(name);
  }
  let total = 0;
  for (const length of lengths.values()) total += length;
  const overfull = total > propertyLimits.resourceBytes || lengths.size > propertyLimits.properties;
  return overfull ? new Set([...refused, ...set]) : refused;
}
