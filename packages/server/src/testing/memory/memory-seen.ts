/** What the tree in memory tells of what it saw, and of what other programs put at a destination since. */
import { memberPath, nameOf, parentOf, type ResourcePath } from "@meanwhile/dav";
import { type Kept, TreeError } from "../../store.ts";
import type { MemoryCollection, MemoryResource } from "./memory-resource.ts";

/** A member that is newer than what was seen. */
export interface NewerMember {
  readonly path: ResourcePath;
  readonly resource: MemoryResource;
}

/** Numbers resources in the order in which they were made or got another name, as a clock would. */
export class MemorySightings {
  readonly #ids = new WeakMap<MemoryResource, number>();
  readonly #stamps = new WeakMap<MemoryResource, number>();
  #last = 0;

  /** It was made, or got its name, now. */
  stamp(resource: MemoryResource): void {
    this.#stamps.set(resource, this.#next());
  }

  /** {@link Sighting.seen}: which resource it is, its content, and the moment. */
  seen(resource: MemoryResource | undefined): string {
    if (resource === undefined) return "absent";
    return JSON.stringify([this.#id(resource), contentOf(resource), this.#next()]);
  }

  /** Whether it is the resource that was seen; with "content", as it was then. */
  isAsSeen(resource: MemoryResource | undefined, seen: string, which: "resource" | "content"): boolean {
    if (resource === undefined || seen === "absent") return resource === undefined && seen === "absent";
    const [id, content] = JSON.parse(seen) as [number, string, number];
    return id === this.#id(resource) && (which === "resource" || content === contentOf(resource));
  }

  /** The outermost members of a collection that are newer than what was seen. */
  newer(collection: MemoryCollection, path: ResourcePath, seen: string): readonly NewerMember[] {
    const [, , since] = JSON.parse(seen) as [number, string, number];
    return [...collection.members].flatMap(([name, resource]) => {
      const at = memberPath(path, name);
      if ((this.#stamps.get(resource) ?? 0) > since) return [{ path: at, resource }];
      return resource.kind === "collection" ? this.newer(resource, at, seen) : [];
    });
  }

  #id(resource: MemoryResource): number {
    const id = this.#ids.get(resource) ?? this.#next();
    this.#ids.set(resource, id);
    return id;
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/**
 * Gives newer members their places again in what replaced their collection, or other names where those are taken.
 * @param find what is at a path, in the tree as it is now
 */
export function keepNewer(
  newer: readonly NewerMember[],
  find: (path: ResourcePath) => MemoryResource | undefined,
  make: () => MemoryCollection,
): readonly Kept[] {
  return newer.map(({ path: was, resource }) => {
    const path = put(was, resource, find, make);
    return { path, was, kind: resource.kind, error: new TreeError("changed") };
  });
}

function put(
  path: ResourcePath,
  resource: MemoryResource,
  find: (path: ResourcePath) => MemoryResource | undefined,
  make: () => MemoryCollection,
): ResourcePath {
  const parent = parentOf(path) ?? path;
  const there = find(parent);
  const holder = there?.kind === "collection" ? parent : put(parent, make(), find, make);
  const collection = find(holder);
  if (collection?.kind !== "collection") throw new TreeError("parent-missing");
  let name = nameOf(path);
  for (let number = 1; collection.members.has(name); number += 1) name = `${nameOf(path)} (kept ${number})`;
  collection.members.set(name, resource);
  return memberPath(holder, name);
}

function contentOf(resource: MemoryResource): string {
  return resource.kind === "document" ? resource.etag : "";
}
