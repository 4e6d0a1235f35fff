import type { PropertyName } from "@meanwhile/dav";

/** A property as the server gave it: every propstat is kept (RFC 4918 §14.22). */
export interface Property {
  readonly name: PropertyName;
  /** Of its propstat: 200 where it has a value, 404 where the resource has none, and so on. */
  readonly status: number;
  /** The text within, character references resolved, elements left out. */
  readonly text: string;
  /** The element itself as XML that stands by itself, its namespaces declared. */
  readonly xml: string;
  /** xml:lang in force (RFC 4918 §4.3). */
  readonly lang?: string;
}

/** What a server tells of a resource. */
export interface Resource {
  /** Exactly as the server names it; give this to other calls. */
  readonly url: URL;
  /**
   * Relative to the client's base, as people read it; a collection's ends in "/", the base itself is "". Octets that
   * are no UTF-8 stay percent-encoded here; the `url` has them all.
   */
  readonly path: string;
  /** The last segment, without "/". */
  readonly name: string;
  readonly collection: boolean;
  /** Bytes. */
  readonly length?: number;
  readonly modified?: Date;
  readonly created?: Date;
  /** With its quotes, and `W/` where it is weak. */
  readonly etag?: string;
  readonly contentType?: string;
  readonly properties: readonly Property[];
}

/** The property of that name in that namespace, whatever its status. */
export function propertyNamed(resource: Resource, name: PropertyName): Property | undefined {
  return resource.properties.find(
    (property) => property.name.local === name.local && property.name.namespace === name.namespace,
  );
}
