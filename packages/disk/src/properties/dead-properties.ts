import { createHash } from "node:crypto";
import {
  clarkName,
  type DeadProperty,
  memberPath,
  type PropertyChange,
  type ResourcePath,
} from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import type { Part, Table } from "@meanwhile/state-lmdb";
import { type CopiedNodes, copyNodes } from "./copy-nodes.ts";
import { OwedChanges } from "./owed-changes.ts";
import { type NodeId, nodesAtOnce, type PropertyNode, PropertyNodes } from "./property-nodes.ts";

export interface DeadPropertiesOptions {
  /** Its tables hold nothing else. */
  readonly part: Part;
  /** The most bytes that the dead properties of one resource may have together. Default: 1 MiB. */
  readonly maxBytes?: number;
}

/** How the properties of a destination are settled. */
export interface Settling {
  /** Members of the destination that keep what they have: where they are now, and where they were. */
  readonly kept?: readonly { readonly path: ResourcePath; readonly was: ResourcePath }[];
  /** The work for which it is done, once only however often it is resumed. */
  readonly once?: string;
}

/** The properties of a collection's members. */
export interface MemberProperties {
  of(name: string, kind: Resource["kind"]): readonly DeadProperty[];
  /** Members that something is kept for, and that were not asked for. */
  unseen(): Iterable<string>;
}

/** The properties of a copy, before it is in place. */
export interface CopiedProperties {
  /**
   * The copy is in place: it gets them, in one step, and what was there is dropped.
   * @throws {TreeError} "not-recorded"
   */
  settle(kept: Settling["kept"]): Promise<void>;
  /** Forgets them, where nothing was settled. */
  release(): void;
}

/** Dead properties of the resources of a folder (RFC 4918 §4.1). */
export class DeadProperties {
  readonly #nodes: PropertyNodes;
  readonly #maxBytes: number;
  /** Works for which properties were moved. */
  readonly #settled: Table<string, true>;
  readonly #part: Part;
  readonly #owed: OwedChanges;
  #cleaning: Promise<void> | undefined;
  #changes = 0;

  constructor(options: DeadPropertiesOptions) {
    this.#part = options.part;
    this.#nodes = new PropertyNodes(this.#part);
    this.#settled = this.#part.table("property-works", "msgpack");
    this.#owed = new OwedChanges(this.#part, () => this.#clean());
    this.#maxBytes = options.maxBytes ?? 1024 * 1024;
    if (this.#nodes.hasRemains()) this.#clean();
  }

  read(path: ResourcePath, kind: Resource["kind"]): readonly DeadProperty[] {
    if (this.#owed.concern(path)) return [];
    const id = this.#nodes.find(path);
    return id === undefined ? [] : this.#propertiesOf(id, kind);
  }

  /** Whether something is kept for a resource, or below it, or is not recorded yet. */
  concern(path: ResourcePath): boolean {
    return this.#owed.any || this.#nodes.find(path) !== undefined;
  }

  /** Whether something is kept for a resource of another kind, or below it. */
  isOfOtherKind(path: ResourcePath, kind: Resource["kind"]): boolean {
    const id = this.#nodes.find(path);
    if (id === undefined) return false;
    if (kind === "document" && this.#nodes.members(id, 1).length > 0) return true;
    const node = this.#nodes.read(id);
    return node !== undefined && node.kind !== kind;
  }

  /** What finds the properties of a collection's members. */
  ofMembers(path: ResourcePath): MemberProperties {
    const id = this.#nodes.find(path);
    if (id === undefined || this.#nodes.members(id, 1).length === 0) return noMembers;
    const seen = new Set<string>();
    return {
      of: (name, kind) => {
        const member = this.#nodes.member(id, name);
        if (member === undefined || this.#owed.concern(memberPath(path, name))) return [];
        seen.add(name);
        return this.#propertiesOf(member, kind);
      },
      unseen: () => this.#membersBut(seen, id),
    };
  }

  /** Grows with each change that a request makes. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Forgets what belongs to resources that were found to be no more, at a path and below. Of what comes to be there
   * from now on nothing is forgotten.
   */
  forget(path: ResourcePath): void {
    const id = this.#nodes.find(path);
    if (id === undefined) return;
    this.#owed
      .write(() => void (this.#nodes.find(path) === id && this.#nodes.detach(path)), { durable: false })
      .then(() => this.#clean())
      .catch(() => {
        // It is forgotten when it is next found to be no more.
      });
  }

  /** Applies changes in order, all or none. Fails with "too-large". */
  async patch(path: ResourcePath, kind: Resource["kind"], changes: readonly PropertyChange[]): Promise<void> {
    this.#changes += 1;
    await this.#owed.write(() => {
      const properties = this.#changed(this.read(path, kind), changes);
      if (properties.length === 0) this.#nodes.clear(path);
      else this.#nodes.write(this.#nodes.make(path), nodeOf(kind, properties));
    });
  }

  /** Fails with "too-large" if a resource cannot have these. */
  check(properties: readonly DeadProperty[]): void {
    this.#changed([], properties.map(toSet));
  }

  /** A resource begins to exist: it gets these properties, and nothing is left of an earlier one. */
  async begin(
    path: ResourcePath,
    kind: Resource["kind"],
    properties: readonly DeadProperty[],
  ): Promise<void> {
    this.#changes += 1;
    if (properties.length === 0 && !this.#owed.any && this.#nodes.find(path) === undefined) return;
    await this.#owed.write(
      () => {
        const all = this.#changed([], properties.map(toSet));
        this.#nodes.detach(path);
        if (all.length > 0) this.#nodes.write(this.#nodes.make(path), nodeOf(kind, all));
      },
      { freesRoom: properties.length === 0 },
    );
    this.#clean();
  }

  /** A resource is to be no more, nor its members: it must not be before this is done. */
  drop(path: ResourcePath): Promise<void> {
    return this.begin(path, "document", []);
  }

  /** A resource is no more, nor are its members. Never fails: where that cannot be recorded yet, it is before all else. */
  async dropGone(path: ResourcePath): Promise<void> {
    await this.drop(path).catch(() => {
      this.#owed.add({ paths: [path], record: () => void this.#nodes.detach(path) });
    });
  }

  /**
   * What is at and below a path was moved to another, and its properties follow in one step; what was there is dropped.
   * @throws {TreeError} "not-recorded"
   */
  async move(source: ResourcePath, destination: ResourcePath, settling: Settling = {}): Promise<void> {
    this.#changes += 1;
    const { kept = [], once } = settling;
    if (once !== undefined && this.#settled.has(keyOf(once))) return;
    const paths = [source, destination];
    if (!this.#owed.any && paths.every((path) => this.#nodes.find(path) === undefined)) return;
    await this.#settle(paths, once, () => {
      const attach = this.#detachReplaced(destination, kept);
      attach(this.#nodes.detach(source));
    });
  }

  /**
   * Copies what a source has, for a destination that gets it later.
   */
  async copy(
    source: ResourcePath,
    destination: ResourcePath,
    options: Pick<Settling, "once"> & CopiedNodes,
  ): Promise<CopiedProperties> {
    this.#changes += 1;
    const { once } = options;
    const from = this.#nodes.find(source);
    const copied = from === undefined ? undefined : await this.#copied(from, source, options);
    let isHeld = true;
    return {
      settle: async (kept = []) => {
        this.#changes += 1;
        if (once !== undefined && this.#settled.has(keyOf(once))) return;
        const isNothing = copied === undefined && this.#nodes.find(destination) === undefined;
        if (isNothing && !this.#owed.any) return;
        // Until it is attached, should it be owed.
        isHeld = false;
        await this.#settle([destination], once, () => {
          this.#detachReplaced(destination, kept)(copied);
          if (copied !== undefined) this.#nodes.release(copied);
        });
      },
      release: () => {
        if (copied === undefined || !isHeld) return;
        isHeld = false;
        this.#nodes.release(copied);
        this.#clean();
      },
    };
  }

  async #copied(from: NodeId, path: ResourcePath, what: CopiedNodes): Promise<NodeId> {
    try {
      return await copyNodes({ nodes: this.#nodes, owed: this.#owed }, from, path, what);
    } catch (error) {
      this.#clean();
      throw error;
    }
  }

  /** Records what became of a change that was made. It needs little room, and may use what is kept for removals. */
  async #settle(paths: readonly ResourcePath[], once: string | undefined, record: () => void): Promise<void> {
    const all = (): void => {
      // It may have been written, although it was told that it was not.
      if (once !== undefined && this.#settled.has(keyOf(once))) return;
      record();
      if (once !== undefined) this.#settled.put(keyOf(once), true);
    };
    try {
      await this.#owed.write(all, { freesRoom: true });
    } catch (cause) {
      this.#owed.add({ paths, record: all });
      throw new TreeError("not-recorded", "the dead properties could not be written", { cause });
    }
    this.#clean();
  }

  /** Forgets for which works properties were moved: all but these can no longer be resumed. */
  async keepSettled(works: ReadonlySet<string>): Promise<void> {
    const kept = new Set([...works].map(keyOf));
    const gone = [...this.#settled.range()].map(({ key }) => key).filter((key) => !kept.has(key));
    if (gone.length === 0) return;
    await this.#owed.write(() => {
      for (const key of gone) this.#settled.remove(key);
    });
  }

  /** Drops what belongs to resources that exist no more, at a path and below. */
  async retain(path: ResourcePath, exists: (path: ResourcePath) => Promise<boolean>): Promise<void> {
    const id = this.#nodes.find(path);
    if (id === undefined) return;
    if (!(await exists(path))) return this.dropGone(path);
    const open = [{ id, path }];
    for (const { id: at, path: above } of open) {
      for (const member of this.#eachMember(at)) {
        const below = memberPath(above, member.name);
        if (await exists(below)) open.push({ id: member.id, path: below });
        else await this.dropGone(below);
      }
    }
  }

  /** Resolves once nothing is left to clean. */
  async settled(): Promise<void> {
    await this.#cleaning;
  }

  /** Takes out what a destination has; what this returns puts something there, and what is kept below it again. */
  #detachReplaced(
    destination: ResourcePath,
    kept: NonNullable<Settling["kept"]>,
  ): (id: NodeId | undefined) => void {
    const keptNodes = kept.map(({ path, was }) => ({ path, node: this.#nodes.detach(was) }));
    this.#nodes.detach(destination);
    return (id) => {
      if (id !== undefined) this.#nodes.attach(id, destination);
      for (const { path, node } of keptNodes) {
        this.#nodes.detach(path);
        if (node !== undefined) this.#nodes.attach(node, path);
      }
    };
  }

  *#eachMember(id: NodeId): Generator<{ readonly name: string; readonly id: NodeId }> {
    for (let after: string | undefined; ; ) {
      const members = this.#nodes.members(id, nodesAtOnce, after);
      yield* members;
      after = members.at(-1)?.name;
      if (after === undefined) return;
    }
  }

  *#membersBut(names: ReadonlySet<string>, id: NodeId): Generator<string> {
    for (const { name } of this.#eachMember(id)) if (!names.has(name)) yield name;
  }

  #propertiesOf(id: NodeId, kind: Resource["kind"]): readonly DeadProperty[] {
    const node = this.#nodes.read(id);
    if (node === undefined || node.kind !== kind) return [];
    return node.properties.map(([namespace, local, xml]) => ({ name: { namespace, local }, xml }));
  }

  #changed(before: readonly DeadProperty[], changes: readonly PropertyChange[]): readonly DeadProperty[] {
    const properties = new Map(before.map((property) => [clarkName(property.name), property]));
    for (const change of changes) {
      if (change.action === "set") properties.set(clarkName(change.property.name), change.property);
      else properties.delete(clarkName(change.name));
    }
    let bytes = 0;
    for (const [name, { xml }] of properties) bytes += Buffer.byteLength(name) + Buffer.byteLength(xml);
    if (bytes <= this.#maxBytes) return [...properties.values()];
    throw new TreeError(
      "too-large",
      `dead properties of one resource may have ${this.#maxBytes} bytes together`,
    );
  }

  #clean(): void {
    this.#cleaning ??= this.#cleanAll().finally(() => {
      this.#cleaning = undefined;
    });
  }

  async #cleanAll(): Promise<void> {
    try {
      while (await this.#part.change(() => this.#nodes.clean(nodesAtOnce), { durable: false }))
        await nextTurn();
    } catch {
      // What remains is unreachable already, and is cleaned when the database is next opened.
    }
  }
}

/** Keys of the database are short. */
function keyOf(work: string): string {
  return createHash("sha256").update(work).digest("base64url");
}

const noMembers: MemberProperties = { of: () => [], unseen: () => [] };

function toSet(property: DeadProperty): PropertyChange {
  return { action: "set", property };
}

function nodeOf(kind: Resource["kind"], properties: readonly DeadProperty[]): PropertyNode {
  return { kind, properties: properties.map(({ name, xml }) => [name.namespace, name.local, xml] as const) };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
