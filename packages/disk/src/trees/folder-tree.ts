import type { DeadProperty, PropertyChange, ResourcePath } from "@meanwhile/dav";
import {
  type Awaitable,
  type DocumentChange,
  type DocumentResource,
  type Draft,
  type KeptDraft,
  type LeftDraft,
  type Member,
  type OneChange,
  type OpenDocument,
  type Placement,
  type Quota,
  type Removable,
  type Resource,
  type Sighting,
  type Tree,
  TreeError,
  type TreeWork,
} from "@meanwhile/server/store";
import { isTaken, treeError } from "../calls/errno.ts";
import type { OpenedContent } from "../calls/file-operations.ts";
import { beginDraft } from "../documents/begin-draft.ts";
import { FileDocument, ShortDocument } from "../documents/file-document.ts";
import type { DraftContext, FileDraft } from "../documents/file-draft.ts";
import { FreshTags } from "../documents/fresh-tags.ts";
import { beginKeptDraft, forgetDraft, reopenDraft } from "../documents/kept-draft.ts";
import { collectionResource, documentResource, toSeconds } from "../documents/resource.ts";
import type { Folder, Seen } from "../paths/folder.ts";
import { ListedNames } from "../paths/listed-names.ts";
import { see } from "../placing/see.ts";
import type { DeadProperties } from "../properties/dead-properties.ts";
import { undoWorks } from "../works/undo-works.ts";
import { copyResource } from "./copy-resource.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import { listMembers } from "./list-members.ts";
import { moveResource } from "./move-resource.ts";
import { oneChange } from "./one-change.ts";
import { removeResource } from "./remove-resource.ts";

/** Files and directories of a folder as resources. See docs/decisions/0010-links-in-the-served-folder.md for links. */
export class FolderTree implements Tree {
  readonly #context: FolderTreeContext;
  /** What works on whole trees go by. */
  readonly #workContext: FolderTreeContext;
  readonly #folder: Folder;
  readonly #deadProperties: DeadProperties;
  readonly #listedNames: ListedNames;
  readonly #freshTags = new FreshTags();
  readonly #drafts: Set<FileDraft> = new Set();

  /** @param workFolder the folder for works, which wait where a request would fail; default the same */
  constructor({ workFolder, ...context }: FolderTreeContext & { readonly workFolder?: Folder }) {
    this.#context = context;
    this.#workContext = { ...context, folder: workFolder ?? context.folder };
    this.#folder = context.folder;
    this.#listedNames = new ListedNames(context.folder);
    this.#deadProperties = context.deadProperties;
  }

  lookup(path: ResourcePath): Promise<Resource | undefined> {
    return settle(async () => {
      const seen = await this.#look(path);
      seen?.close();
      return seen === undefined ? undefined : this.#resourceOf(seen);
    });
  }

  listed(path: ResourcePath): Awaitable<ResourcePath> {
    const listed = this.#listedNames.of(path);
    return listed instanceof Promise ? settle(() => listed) : listed;
  }

  see(path: ResourcePath, options: { readonly members: boolean }): Promise<Sighting> {
    return settle(async () => {
      const before = this.#changes();
      const { seen, text } = await see(this.#context, path, options);
      this.#forgetUnless(seen, path, before);
      return { resource: seen && this.#resourceOf(seen), seen: text };
    });
  }

  async *members(
    path: ResourcePath,
    options: { readonly properties: boolean; readonly signal?: AbortSignal },
  ): AsyncGenerator<readonly Member[], void, void> {
    const before = this.#changes();
    try {
      yield* listMembers(this.#folder, this.#deadProperties, path, {
        absent: (member) => this.#forget(member, before),
        ...options,
      });
    } catch (error) {
      throw treeError(error);
    }
  }

  async open(path: ResourcePath): Promise<OpenDocument> {
    const before = this.#changes();
    try {
      const opened = await this.#folder.openFile(path);
      if (opened === "absent") {
        this.#forget(path, before);
        throw new TreeError("not-found");
      }
      if (opened === undefined) return await this.#openSeen(path);
      return this.#fileDocument(path, opened, before);
    } catch (error) {
      throw treeError(error);
    }
  }

  #openSeen(path: ResourcePath): Promise<OpenDocument> {
    const before = this.#changes();
    return this.#using(path, async (seen) => {
      if (seen.kind === "collection") throw new TreeError("is-a-collection");
      const fd = await this.#folder.openContent(seen);
      return this.#fileDocument(path, { fd, stats: seen.stats }, before);
    });
  }

  /** @param before see {@link FolderTree.#forget} */
  #fileDocument(path: ResourcePath, file: OpenedContent, before: number): OpenDocument {
    let properties: () => readonly DeadProperty[] = noProperties;
    if (this.#deadProperties.concern(path)) {
      this.#forgetUnless({ kind: "document" }, path, before);
      properties = () => this.#deadProperties.read(path, "document");
    }
    const resource = this.#documentAt(file);
    return file.content === undefined
      ? new FileDocument({ fd: file.fd, resource, calls: this.#folder.calls, properties })
      : new ShortDocument({ content: file.content, resource, properties });
  }

  draft(path: ResourcePath, options: { readonly length: number | undefined }): Promise<Draft> {
    if (path === "/") return Promise.reject(new TreeError("is-a-collection"));
    return settle(() => beginDraft(this.#draftContext(), path, options));
  }

  keepDraft(
    path: ResourcePath,
    options: { readonly id: string; readonly length: number | undefined },
  ): Promise<KeptDraft> {
    if (path === "/") return Promise.reject(new TreeError("is-a-collection"));
    return settle(() => beginKeptDraft(this.#draftContext(), path, options));
  }

  resumeDraft(path: ResourcePath, left: LeftDraft): Promise<KeptDraft | undefined> {
    return unlessGone(() => reopenDraft(this.#draftContext(), path, left));
  }

  async forgetDraft(path: ResourcePath, id: string): Promise<void> {
    await unlessGone(() => forgetDraft(this.#draftContext(), path, id));
  }

  #draftContext(): DraftContext {
    const { folder, temporaries, deadProperties, clock } = this.#context;
    return {
      folder,
      temporaries,
      deadProperties,
      clock,
      freshTags: this.#freshTags,
      drafts: this.#drafts,
    };
  }

  createCollection(path: ResourcePath, properties: readonly DeadProperty[]): Promise<void> {
    return settle(async () => {
      if (path === "/") throw new TreeError("exists");
      const { directory, name } = await this.#folder.parent(path);
      try {
        this.#deadProperties.check(properties);
        try {
          await this.#folder.calls.mkdir(directory.at(name));
        } catch (error) {
          if (isTaken(error) && (await this.#folder.kindIn(directory, name)) === "hidden") {
            throw new TreeError("name-refused", undefined, { cause: error });
          }
          throw error;
        }
        await this.#folder.calls.syncNames(directory.self, "soon");
        try {
          await this.#deadProperties.begin(path, "collection", properties);
        } catch (error) {
          await this.#folder.calls.rmdir(directory.at(name));
          throw error;
        }
      } finally {
        directory.close();
      }
    }, "parent-missing");
  }

  properties(path: ResourcePath): Promise<readonly DeadProperty[]> {
    return settle(async () => {
      const seen = await this.#look(path);
      seen?.close();
      return seen === undefined ? [] : this.#deadProperties.read(path, seen.kind);
    });
  }

  patchProperties(path: ResourcePath, changes: readonly PropertyChange[]): Promise<void> {
    return this.#using(path, (seen) => this.#deadProperties.patch(path, seen.kind, changes));
  }

  touch(path: ResourcePath, modifiedMs: number): Promise<void> {
    return this.#using(path, async (seen) => {
      if (seen.link) throw new TreeError("denied", "nothing is changed through a link");
      const { calls } = this.#folder;
      await calls.utimes(seen.self, toSeconds(this.#context.clock()), toSeconds(modifiedMs));
      if (seen.kind === "collection") return calls.syncNames(seen.self, "soon");
      if (calls.durability === "none") return;
      const fd = await this.#folder.openContent(seen);
      try {
        await calls.sync(fd);
      } finally {
        await calls.close(fd);
      }
    });
  }

  copy(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement & { readonly depth: "0" | "infinity" },
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    return settle(() => copyResource(this.#workContext, { source, destination, ...options }, work));
  }

  move(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement,
    work: TreeWork,
  ): Promise<{ readonly created: boolean }> {
    return settle(() => moveResource(this.#workContext, { source, destination, ...options }, work));
  }

  remove(path: ResourcePath, work: TreeWork, removable?: Removable): Promise<void> {
    return settle(() => removeResource(this.#workContext, path, work, removable));
  }

  quota(path: ResourcePath): Promise<Quota | undefined> {
    return this.#using(path, async (seen) => {
      const { bavail, bfree, blocks, bsize } = await this.#folder.calls.statfs(seen.self);
      return { availableBytes: Number(bavail * bsize), usedBytes: Number((blocks - bfree) * bsize) };
    });
  }

  oneChange(change: DocumentChange): Promise<OneChange | undefined> {
    return oneChange(this.#workContext, change);
  }

  recovered(works: ReadonlySet<string>): Promise<void> {
    return settle(() => undoWorks(this.#workContext, works));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#drafts].map((draft) => draft.end()));
    for (const folder of [this.#folder, this.#workContext.folder]) folder.close();
    // Works that still run are for the next process to finish, from wherever they are.
    this.#folder.calls.end();
    this.#workContext.folder.calls.end();
    this.#context.works.close();
  }

  /**
   * Looks at a resource. Dead properties stay with the name while a program replaces the file at it, and are forgotten
   * once the name is found absent, or of another kind (decision 0141).
   */
  async #look(path: ResourcePath): Promise<Seen | undefined> {
    const before = this.#changes();
    const seen = await this.#folder.look(path);
    this.#forgetUnless(seen, path, before);
    return seen;
  }

  #forgetUnless(seen: Pick<Seen, "kind"> | undefined, path: ResourcePath, before: number): void {
    if (seen === undefined || this.#deadProperties.isOfOtherKind(path, seen.kind)) this.#forget(path, before);
  }

  /**
   * What a work that has not ended moves is between two names: nothing of it is forgotten. Nor is anything where a
   * request has changed something since the look began: what was absent then may be there now, with properties.
   */
  #forget(path: ResourcePath, before: number): void {
    if (this.#changes() !== before || this.#context.works.concerns(path)) return;
    this.#deadProperties.forget(path);
  }

  /** The same number for as long as no request changes what is where. */
  #changes(): number {
    return this.#deadProperties.changes + this.#context.works.changes;
  }

  #resourceOf(seen: Seen): Resource {
    return seen.kind === "collection" ? collectionResource(seen.stats) : this.#documentAt(seen);
  }

  #documentAt({ stats }: Pick<Seen, "stats">): DocumentResource {
    return documentResource(stats, this.#folder.tags.of(stats));
  }

  #using<T>(path: ResourcePath, use: (seen: Seen) => Promise<T>): Promise<T> {
    return settle(async () => {
      const seen = await this.#look(path);
      if (seen === undefined) throw new TreeError("not-found");
      try {
        return await use(seen);
      } finally {
        seen.close();
      }
    });
  }
}

const noProperties = (): readonly DeadProperty[] => [];

/** A draft whose collection is gone is gone with it. */
async function unlessGone<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await settle(act, "parent-missing");
  } catch (error) {
    if (error instanceof TreeError && error.code === "parent-missing") return undefined;
    throw error;
  }
}

async function settle<T>(act: () => Awaitable<T>, absent?: "parent-missing"): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw treeError(error, absent);
  }
}
