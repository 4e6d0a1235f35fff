import type { DeadProperty } from "@meanwhile/dav";
import type { Resource } from "../../store.ts";

/** A document as the tree in memory keeps it. Content is never changed, only replaced. */
export interface MemoryDocument {
  readonly kind: "document";
  content: Uint8Array;
  etag: string;
  modifiedMs: number;
  readonly createdMs: number;
  properties: ReadonlyMap<string, DeadProperty>;
}

/** A collection as the tree in memory keeps it, with its internal members by name. */
export interface MemoryCollection {
  readonly kind: "collection";
  readonly members: Map<string, MemoryResource>;
  modifiedMs: number;
  readonly createdMs: number;
  properties: ReadonlyMap<string, DeadProperty>;
}

export type MemoryResource = MemoryDocument | MemoryCollection;

/** What the tree says about a resource: a snapshot that later changes do not touch. */
export function describeDocument(stored: MemoryDocument): Extract<Resource, { kind: "document" }> {
  const { content, etag, modifiedMs, createdMs } = stored;
  return { kind: "document", length: content.byteLength, modifiedMs, createdMs, etag };
}

/** As {@link describeDocument}, for either kind. */
export function describe(stored: MemoryResource): Resource {
  if (stored.kind === "document") return describeDocument(stored);
  const { modifiedMs, createdMs } = stored;
  return { kind: "collection", modifiedMs, createdMs };
}

export function emptyCollection(nowMs: number): MemoryCollection {
  return {
    kind: "collection",
    members: new Map(),
    modifiedMs: nowMs,
    createdMs: nowMs,
    properties: new Map(),
  };
}
