import { memberPath, parentOf, type ResourcePath, rootPath } from "@meanwhile/dav";
import {
  type Draft,
  type Member,
  type OpenDocument,
  type Placement,
  type Removable,
  type Resource,
  type Tree,
  TreeError,
  type TreeWork,
} from "../store.ts";
import { stopIfAsked } from "./memory/memory-work.ts";
import { slowDocument, slowDraft } from "./slow-content.ts";
import { testWork, type WorkEvent } from "./test-work.ts";

/**
 * What a slow tree is about to do at a path: "list" a batch of members, deal with one "member" of a COPY or DELETE,
 * "move" a whole resource, take or give some "bytes", "commit" a draft.
 */
export type SlowStep = "list" | "member" | "move" | "bytes" | "commit";

/** Lets a step go on when its promise is fulfilled. It never fails. */
export type Gate = (step: SlowStep, path: ResourcePath) => Promise<void>;

/**
 * Makes a tree slow: each step waits for the gate. It keeps the promises of the tree that it wraps; where progress
 * says that a member is done, the gate has let that member pass. To tests, what an operation shows in its middle
 * can so be held as long as they like.
 */
export function slowTree(tree: Tree, gate: Gate): Tree {
  return new SlowTree(tree, gate);
}

class SlowTree implements Tree {
  readonly #tree: Tree;
  readonly #gate: Gate;
  /** Names of copies that are not in place yet. No resource has them. */
  readonly #staged = new Set<string>();

  constructor(tree: Tree, gate: Gate) {
    this.#tree = tree;
    this.#gate = gate;
  }

  async lookup(path: ResourcePath): Promise<Resource | undefined> {
    return this.#tree.lookup(path);
  }

  listed: NonNullable<Tree["listed"]> = (path) => this.#tree.listed?.(path) ?? path;

  see: Tree["see"] = (path, options) => this.#tree.see(path, options);

  async *members(
    path: ResourcePath,
    options: { readonly properties: boolean; readonly signal?: AbortSignal },
  ): AsyncGenerator<readonly Member[]> {
    for await (const batch of this.#tree.members(path, options)) {
      await this.#gate("list", path);
      yield batch.filter(({ name }) => !this.#staged.has(name));
    }
  }

  async open(path: ResourcePath): Promise<OpenDocument> {
    return slowDocument(await this.#tree.open(path), () => this.#gate("bytes", path));
  }

  async draft(path: ResourcePath, options: { readonly length: number | undefined }): Promise<Draft> {
    return slowDraft(await this.#tree.draft(path, options), (step) => this.#gate(step, path));
  }

  createCollection: Tree["createCollection"] = (path, properties) =>
    this.#tree.createCollection(path, properties);

  properties: Tree["properties"] = (path) => this.#tree.properties(path);

  patchProperties: Tree["patchProperties"] = (path, changes) => this.#tree.patchProperties(path, changes);

  touch: Tree["touch"] = (path, modifiedMs) => this.#tree.touch(path, modifiedMs);

  /** Copies at once to a name that nobody sees, then tells of it at the gate's pace, then puts it in place. */
  async copy(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement & { readonly depth: "0" | "infinity" },
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    const exists = (await this.#tree.lookup(destination)) !== undefined;
    if (exists && !options.replace) throw new TreeError("exists");
    const { sourceSeen, ...placement } = options;
    const from = sourceSeen === undefined ? {} : { sourceSeen };
    const name = `.slow-copy-${testWork().id}`;
    const staged = memberPath(parentOf(destination) ?? rootPath, name);
    const placing = testWork({
      onEvent: (event) => {
        if (event.kind === "kept") work.kept(event.kept);
      },
    });
    const told = testWork({ id: work.id, signal: work.signal, skipped: work.skipped });
    this.#staged.add(name);
    try {
      await this.#tree.copy(source, staged, { replace: false, depth: options.depth, ...from }, told);
      for (const event of told.events) await this.#retell(event, source, work);
      if (exists && told.failures.size > 0) throw new TreeError("incomplete");
      return await this.#tree.move(staged, destination, placement, placing);
    } catch (error) {
      if ((await this.#tree.lookup(staged)) !== undefined) await this.#tree.remove(staged, testWork());
      throw error;
    } finally {
      this.#staged.delete(name);
    }
  }

  async move(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement,
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    await this.#gate("move", source);
    return this.#tree.move(source, destination, options, work);
  }

  /** Finds all members, then removes one after the other, each with its turn at the gate. */
  async remove(path: ResourcePath, work: TreeWork, removable?: Removable): Promise<void> {
    stopIfAsked(work);
    const top = await this.#tree.lookup(path);
    if (top === undefined || top.kind === "document") {
      await this.#gate("member", path);
      return this.#tree.remove(path, work, removable);
    }
    const kept = new Set<ResourcePath>();
    for (const member of (await this.#below(path, work, kept)).reverse()) {
      if (kept.has(member.path)) continue;
      await this.#gate("member", member.path);
      stopIfAsked(work);
      const failure = await this.#removeOne(member);
      if (failure === undefined) work.done(member.path, member.kind);
      else {
        work.failed(member.path, member.kind, failure);
        keepAncestors(member.path, kept);
      }
    }
  }

  quota: NonNullable<Tree["quota"]> = (path) => this.#tree.quota?.(path);

  close: NonNullable<Tree["close"]> = () => this.#tree.close?.();

  /** All resources from the root of a removal down, each before its members. */
  async #below(root: ResourcePath, work: TreeWork, kept: Set<ResourcePath>): Promise<Found[]> {
    const found: Found[] = [{ path: root, kind: "collection" }];
    work.found(1);
    for (const { path, kind } of found) {
      if (kind === "document") continue;
      let members = 0;
      for await (const batch of this.#tree.members(path, { properties: false })) {
        for (const listed of batch) {
          const member = memberPath(path, listed.name);
          if (work.skipped.has(member)) keepAncestors(member, kept);
          else {
            found.push({ path: member, kind: (listed.resource ?? listed).kind });
            members += 1;
          }
        }
      }
      if (members > 0) work.found(members);
    }
    work.counted();
    return found;
  }

  async #removeOne({ path, kind }: Found): Promise<TreeError | undefined> {
    if (kind === "collection" && !(await this.#isEmpty(path))) return new TreeError("busy");
    const own = testWork();
    try {
      await this.#tree.remove(path, own);
    } catch (error) {
      if (error instanceof TreeError) return error;
      throw error;
    }
    for (const event of own.events) if (event.kind === "failed") return event.error;
    return undefined;
  }

  async #isEmpty(collection: ResourcePath): Promise<boolean> {
    for await (const batch of this.#tree.members(collection, { properties: false })) {
      if (batch.length > 0) return false;
    }
    return true;
  }

  async #retell(event: WorkEvent, source: ResourcePath, work: TreeWork): Promise<void> {
    switch (event.kind) {
      case "found":
        work.found(event.members);
        break;
      case "counted":
        work.counted();
        break;
      case "done":
        await this.#gate("member", event.path);
        stopIfAsked(work);
        work.done(event.path, event.resource);
        break;
      case "failed":
        await this.#gate("member", event.path);
        stopIfAsked(work);
        work.failed(event.path, event.resource, event.error);
        break;
      case "kept":
        work.kept(event.kept);
        break;
      case "bytes":
        await this.#gate("bytes", source);
        stopIfAsked(work);
        work.bytes(event.done, event.total, event.path);
        break;
    }
    stopIfAsked(work);
  }
}

interface Found {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
}

function keepAncestors(path: ResourcePath, kept: Set<ResourcePath>): void {
  for (let at = parentOf(path); at !== undefined && !kept.has(at); at = parentOf(at)) kept.add(at);
}
