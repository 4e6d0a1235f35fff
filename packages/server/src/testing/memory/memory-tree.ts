import {
  clarkName,
  type DeadProperty,
  isWithin,
  memberPath,
  nameOf,
  namesOf,
  type PropertyChange,
  parentOf,
  type ResourcePath,
} from "@meanwhile/dav";
import {
  type Draft,
  type KeptDraft,
  type LeftDraft,
  type Member,
  type OpenDocument,
  type Placement,
  type Quota,
  type Removable,
  type Resource,
  type Sighting,
  type Tree,
  TreeError,
  type TreeErrorCode,
  type TreeWork,
} from "../../store.ts";
import { MemoryDraft, type MemoryDraftPlace } from "./memory-draft.ts";
import { openMemoryDocument } from "./memory-open-document.ts";
import {
  describe,
  describeDocument,
  emptyCollection,
  type MemoryCollection,
  type MemoryDocument,
  type MemoryResource,
} from "./memory-resource.ts";
import { keepNewer, MemorySightings } from "./memory-seen.ts";
import { copyPlan, movePlan, planWork, refusePartial, removePlan, stopIfAsked } from "./memory-work.ts";

/**
 * What is about to happen to the resource at a path, when the tree in memory asks whether it shall fail:
 * "look" (found by its path, or listed), "read" (content is read or copied), "write" (it is created, replaced or
 * changed), "remove" (it is removed or moved away).
 */
export type MemoryAct = "look" | "read" | "write" | "remove";

/** Clock, room and faults of a tree in memory. */
export interface MemoryTreeOptions {
  /** Milliseconds since the epoch. Default: the time of day. */
  readonly clock?: () => number;
  /** Makes an act fail with the code that it returns. Default: none fails. */
  readonly failing?: (act: MemoryAct, path: ResourcePath) => TreeErrorCode | undefined;
  /** Most bytes of UTF-8 in a name. Default: 255. */
  readonly nameBytes?: number;
  /** Most characters in one resource's dead properties together. Default: 1 Mi. */
  readonly propertyCharacters?: number;
  /** How many bytes of a document are copied between two looks at the work's signal. Default: 1 MiB. */
  readonly partBytes?: number;
  /** What {@link Tree.quota} answers. Default: undefined. */
  readonly quota?: Quota;
}

/** Makes an empty tree that lives in memory and keeps every promise of {@link Tree}. For tests. */
export function createMemoryTree(options: MemoryTreeOptions = {}): Tree {
  return new MemoryTree(options);
}

const membersPerBatch = 100;

class MemoryTree implements Tree {
  readonly #clock: () => number;
  readonly #failing: (act: MemoryAct, path: ResourcePath) => TreeErrorCode | undefined;
  readonly #nameBytes: number;
  readonly #propertyCharacters: number;
  readonly #partBytes: number;
  readonly #quota: Quota | undefined;
  readonly #root: MemoryCollection;
  readonly #sightings = new MemorySightings();
  /** Drafts that were left. */
  readonly #left = new Map<string, Uint8Array>();
  #etags = 0;

  constructor(options: MemoryTreeOptions) {
    this.#clock = options.clock ?? Date.now;
    this.#failing = options.failing ?? (() => undefined);
    this.#nameBytes = options.nameBytes ?? 255;
    this.#propertyCharacters = options.propertyCharacters ?? 1024 * 1024;
    this.#partBytes = options.partBytes ?? 1024 * 1024;
    this.#quota = options.quota;
    this.#root = emptyCollection(this.#clock());
  }

  async lookup(path: ResourcePath): Promise<Resource | undefined> {
    this.#may("look", path);
    const stored = this.#find(path);
    return stored === undefined ? undefined : describe(stored);
  }

  async see(path: ResourcePath): Promise<Sighting> {
    const resource = await this.lookup(path);
    return { resource, seen: this.#sightings.seen(this.#find(path)) };
  }

  async *members(
    path: ResourcePath,
    options: { readonly properties: boolean; readonly signal?: AbortSignal },
  ): AsyncGenerator<readonly Member[]> {
    this.#may("look", path);
    const collection = this.#existing(path);
    if (collection.kind !== "collection") throw new TreeError("not-a-collection");
    const names = [...collection.members.keys()];
    for (let start = 0; start < names.length; start += membersPerBatch) {
      if (options.signal?.aborted) throw new TreeError("stopped");
      const batch: Member[] = [];
      for (const name of names.slice(start, start + membersPerBatch)) {
        const stored = collection.members.get(name);
        if (stored === undefined) continue;
        this.#may("look", memberPath(path, name));
        const properties = options.properties ? [...stored.properties.values()] : [];
        batch.push({ name, resource: describe(stored), properties });
      }
      yield batch;
    }
  }

  async open(path: ResourcePath): Promise<OpenDocument> {
    const stored = this.#existing(path);
    if (stored.kind === "collection") throw new TreeError("is-a-collection");
    this.#may("read", path);
    const { content } = stored;
    const properties = (): Promise<readonly DeadProperty[]> => this.properties(path);
    return openMemoryDocument({ resource: describeDocument(stored), content, properties });
  }

  async draft(path: ResourcePath, _options: { readonly length: number | undefined }): Promise<Draft> {
    return this.#draft(path);
  }

  async keepDraft(
    path: ResourcePath,
    { id }: { readonly id: string; readonly length: number | undefined },
  ): Promise<KeptDraft> {
    const draft = this.#draft(path, { ...this.#leftAt(path, id), content: new Uint8Array() });
    await draft.sync();
    return draft;
  }

  async resumeDraft(path: ResourcePath, { id, length }: LeftDraft): Promise<KeptDraft | undefined> {
    const content = this.#left.get(`${path} ${id}`);
    if (content === undefined || content.length < length) return undefined;
    return this.#draft(path, { ...this.#leftAt(path, id), content: content.subarray(0, length) });
  }

  async forgetDraft(path: ResourcePath, id: string): Promise<void> {
    this.#left.delete(`${path} ${id}`);
  }

  #leftAt(path: ResourcePath, id: string): MemoryDraftPlace {
    return {
      leave: (content) => this.#left.set(`${path} ${id}`, content),
      forget: () => this.#left.delete(`${path} ${id}`),
    };
  }

  #draft(path: ResourcePath, place?: MemoryDraftPlace & { readonly content: Uint8Array }): MemoryDraft {
    this.#documentPlace(path);
    return new MemoryDraft((content, { modifiedMs, over }) => {
      const { parent, name, existing } = this.#documentPlace(path);
      if (over === "nothing" && existing !== undefined) throw new TreeError("exists");
      if (typeof over === "object") this.#refuseUnlessSeen(existing, over.seen, "content");
      const nowMs = this.#clock();
      const document: MemoryDocument = {
        kind: "document",
        content,
        etag: this.#newEtag(),
        modifiedMs: modifiedMs ?? nowMs,
        createdMs: existing?.createdMs ?? nowMs,
        properties: existing?.properties ?? new Map(),
      };
      parent.members.set(name, document);
      this.#sightings.stamp(document);
      if (existing === undefined) parent.modifiedMs = nowMs;
      return { created: existing === undefined, resource: describeDocument(document) };
    }, place);
  }

  async createCollection(path: ResourcePath, properties: readonly DeadProperty[]): Promise<void> {
    const { parent, name, existing } = this.#place(path);
    if (existing !== undefined) throw new TreeError("exists");
    this.#may("write", path);
    const collection = emptyCollection(this.#clock());
    collection.properties = this.#changed(
      collection,
      properties.map((property) => ({ action: "set", property })),
    );
    parent.members.set(name, collection);
    this.#sightings.stamp(collection);
    parent.modifiedMs = this.#clock();
  }

  async properties(path: ResourcePath): Promise<readonly DeadProperty[]> {
    return [...(this.#find(path)?.properties.values() ?? [])];
  }

  async patchProperties(path: ResourcePath, changes: readonly PropertyChange[]): Promise<void> {
    const stored = this.#existing(path);
    this.#may("write", path);
    stored.properties = this.#changed(stored, changes);
  }

  async touch(path: ResourcePath, modifiedMs: number): Promise<void> {
    const stored = this.#existing(path);
    this.#may("write", path);
    stored.modifiedMs = modifiedMs;
  }

  async copy(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement & { readonly depth: "0" | "infinity" },
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    stopIfAsked(work);
    const original = this.#existing(source);
    this.#may("look", source);
    this.#may("read", source);
    this.#refuseUnlessSeen(original, options.sourceSeen, "content");
    const { existing } = this.#destination(destination, options);
    const plan = planWork(source, original, options.depth, work, (path) => this.#failure("read", path));
    const copied = await copyPlan(plan, work, {
      partBytes: this.#partBytes,
      nowMs: this.#clock(),
      newEtag: () => this.#newEtag(),
    });
    if (existing !== undefined) refusePartial(plan);
    return this.#put(destination, copied, options, work);
  }

  async move(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement,
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    stopIfAsked(work);
    const original = this.#existing(source);
    const { parent, name } = this.#place(source);
    this.#may("remove", source);
    this.#refuseUnlessSeen(original, options.sourceSeen, "content");
    this.#destination(destination, options);
    if (isWithin(destination, source) || isWithin(source, destination)) throw new TreeError("denied");
    if (work.skipped.size === 0) {
      work.found(1);
      work.counted();
      const result = this.#put(destination, original, options, work);
      parent.members.delete(name);
      parent.modifiedMs = this.#clock();
      work.done(source, original.kind);
      return result;
    }
    const plan = planWork(source, original, "infinity", work, (path) => this.#failure("remove", path));
    const moved = await movePlan(plan, work, this.#clock());
    const result = this.#put(destination, moved.resource, options, work);
    moved.leave(parent, name);
    return result;
  }

  async remove(path: ResourcePath, work: TreeWork, removable: Removable = {}): Promise<void> {
    stopIfAsked(work);
    const stored = this.#existing(path);
    this.#refuseUnlessSeen(stored, removable.seen, removable.unchanged === true ? "content" : "resource");
    if (path === "/") throw new TreeError("denied");
    const { parent, name } = this.#place(path);
    if (stored.kind === "document") this.#may("remove", path);
    const plan = planWork(path, stored, "infinity", work, () => undefined);
    await removePlan(plan, work, parent, name, (member) => this.#failure("remove", member));
    parent.modifiedMs = this.#clock();
  }

  async quota(_path: ResourcePath): Promise<Quota | undefined> {
    return this.#quota;
  }

  #find(path: ResourcePath): MemoryResource | undefined {
    let stored: MemoryResource | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (stored?.kind !== "collection") return undefined;
      stored = stored.members.get(name);
    }
    return stored;
  }

  #existing(path: ResourcePath): MemoryResource {
    const stored = this.#find(path);
    if (stored === undefined) throw new TreeError("not-found");
    return stored;
  }

  /** Where a resource is, or may be put. The root has no such place: it exists, and stays. */
  #place(path: ResourcePath): Place {
    const parentPath = parentOf(path);
    if (parentPath === undefined) return { parent: emptyCollection(0), name: "", existing: this.#root };
    const parent = this.#find(parentPath);
    if (parent?.kind !== "collection") throw new TreeError("parent-missing");
    const name = nameOf(path);
    if (Buffer.byteLength(name) > this.#nameBytes) throw new TreeError("name-too-long");
    return { parent, name, existing: parent.members.get(name) };
  }

  #documentPlace(path: ResourcePath): Place & { readonly existing: MemoryDocument | undefined } {
    const { parent, name, existing } = this.#place(path);
    if (existing?.kind === "collection") throw new TreeError("is-a-collection");
    this.#may("write", path);
    return { parent, name, existing };
  }

  #destination(path: ResourcePath, { replace, seen }: Placement): Place {
    const place = this.#place(path);
    if (place.existing !== undefined && !replace) throw new TreeError("exists");
    // What was seen and is gone is in nobody's way.
    if (place.existing !== undefined) this.#refuseUnlessSeen(place.existing, seen, "content");
    if (path === "/") throw new TreeError("denied");
    this.#may("write", path);
    return place;
  }

  /** @throws {TreeError} "changed" */
  #refuseUnlessSeen(
    stored: MemoryResource | undefined,
    seen: string | undefined,
    which: "resource" | "content",
  ): void {
    if (seen === undefined || this.#sightings.isAsSeen(stored, seen, which)) return;
    throw new TreeError("changed");
  }

  #put(
    path: ResourcePath,
    resource: MemoryResource,
    placement: Placement,
    work: TreeWork,
  ): { readonly created: boolean } {
    const { parent, name, existing } = this.#destination(path, placement);
    parent.members.set(name, resource);
    this.#sightings.stamp(resource);
    parent.modifiedMs = this.#clock();
    if (existing?.kind === "collection" && placement.seen !== undefined) {
      const newer = this.#sightings.newer(existing, path, placement.seen);
      const make = () => emptyCollection(this.#clock());
      for (const kept of keepNewer(newer, (at) => this.#find(at), make)) work.kept(kept);
    }
    return { created: existing === undefined };
  }

  #changed(stored: MemoryResource, changes: readonly PropertyChange[]): ReadonlyMap<string, DeadProperty> {
    const properties = new Map(stored.properties);
    for (const change of changes) {
      if (change.action === "set") properties.set(clarkName(change.property.name), change.property);
      else properties.delete(clarkName(change.name));
    }
    let characters = 0;
    for (const [name, { xml }] of properties) characters += name.length + xml.length;
    if (characters > this.#propertyCharacters) throw new TreeError("too-large");
    return properties;
  }

  #newEtag(): string {
    this.#etags += 1;
    return `"memory-${this.#etags}"`;
  }

  #failure(act: MemoryAct, path: ResourcePath): TreeError | undefined {
    const code = this.#failing(act, path);
    return code === undefined ? undefined : new TreeError(code, `${act} ${path}: ${code}`);
  }

  #may(act: MemoryAct, path: ResourcePath): void {
    const failure = this.#failure(act, path);
    if (failure !== undefined) throw failure;
  }
}

interface Place {
  readonly parent: MemoryCollection;
  readonly name: string;
  readonly existing: MemoryResource | undefined;
}
