/** The uploads that may be gone on with: each is recorded before its content comes, and forgotten after it is gone. */
import { isWithin, type ResourcePath } from "@meanwhile/dav";
import type { After } from "@meanwhile/operations";
import type { Tree } from "../store.ts";
import { KeptUpload, type UploadKeeping } from "./kept-upload.ts";
import { newUploadRecord, readUploadRecord, type UploadRecord } from "./upload-record.ts";

/** Where uploads are recorded: by id. They are put and removed within a change only. */
export interface UploadStore {
  readonly records: {
    /** All that there are, in any order. */
    range(): Iterable<{ readonly key: string; readonly value: unknown }>;
    /** Within `change`. It replaces the record that is there. */
    put(id: string, record: UploadRecord): void;
    /** Within `change`. It does nothing where there is none. */
    remove(id: string): void;
  };
  /** Runs `work`, which puts and removes records. Resolves once it survives a loss of power; changes are made in the order of calls. */
  change(
    work: () => void,
    options?: { readonly durable?: false; readonly freesRoom?: boolean },
  ): Promise<void>;
}

export interface KeptUploadsOptions {
  readonly store: UploadStore;
  readonly tree: Tree;
  /** Milliseconds since the epoch, by a clock that does not jump. */
  readonly now: () => number;
  readonly randomId: () => string;
  readonly after: After;
  readonly limits: { readonly keptUploads: number; readonly uploadSeconds: number };
}

/** An upload that begins. */
export type NewUpload = Pick<UploadRecord, "path" | "principal" | "headers" | "length">;

/** How often it is looked whether some have expired; milliseconds. */
const sweepMs = 10 * 60_000;

/** All uploads of a server that may be gone on with. */
export class KeptUploads {
  readonly #options: KeptUploadsOptions;
  readonly #keeping: UploadKeeping;
  readonly #uploads: Map<string, KeptUpload> = new Map();
  #cancelSweep: () => void;
  #closed = false;

  /** @throws {TreeError} "unavailable" if a record cannot be read; nothing is changed then */
  constructor(options: KeptUploadsOptions) {
    const { store, tree, now, limits } = options;
    this.#options = options;
    this.#keeping = {
      tree,
      now,
      expiryMs: () => now() + limits.uploadSeconds * 1000,
      put: (id, record) => store.change(() => store.records.put(id, record)),
      remove: async (id) => {
        this.#uploads.delete(id);
        await store.change(() => store.records.remove(id), { durable: false, freesRoom: true });
      },
    };
    for (const { key, value } of store.records.range()) {
      this.#uploads.set(key, new KeptUpload(key, readUploadRecord(key, value), this.#keeping));
    }
    this.#cancelSweep = this.#sweepLater();
  }

  /**
   * Begins an upload, whose record is there before its content is.
   * @returns undefined where there are too many, of this principal or in all
   */
  async begin(upload: NewUpload): Promise<KeptUpload | undefined> {
    await this.sweep();
    if (!this.#hasRoomFor(upload.principal)) return undefined;
    const { store, tree, randomId } = this.#options;
    const id = randomId();
    const record = newUploadRecord({ ...upload, expiresAtMs: this.#keeping.expiryMs() });
    const begun = new KeptUpload(id, record, this.#keeping);
    this.#uploads.set(id, begun);
    try {
      // A line in a file is enough: what is told outlives more than that.
      await store.change(() => store.records.put(id, record), { durable: false });
      const draft = await tree.keepDraft?.(upload.path, { id, length: upload.length });
      if (draft === undefined) throw new TypeError("the tree keeps no drafts");
      try {
        await begun.keep({ mark: draft.mark });
      } finally {
        await draft.leave();
      }
      return begun;
    } catch (error) {
      await begun.drop().catch(() => {});
      throw error;
    }
  }

  /** The upload, for the one who began it. */
  find(id: string, principal: string | undefined): KeptUpload | undefined {
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.record.principal !== principal) return undefined;
    return upload.record.expiresAtMs > this.#keeping.now() || upload.isHeld ? upload : undefined;
  }

  /** Ends the uploads into a collection that is about to be moved away: their content would go with it. */
  async endWithin(path: ResourcePath): Promise<void> {
    for (const upload of [...this.#uploads.values()]) {
      const { path: target } = upload.record;
      if (target !== path && isWithin(target, path)) await upload.drop();
    }
  }

  /** Removes what has expired. What could not be removed is tried again the next time. */
  async sweep(): Promise<void> {
    const nowMs = this.#keeping.now();
    for (const upload of [...this.#uploads.values()]) {
      const { expiresAtMs, mark, ended } = upload.record;
      const isOver =
        expiresAtMs <= nowMs || (mark === undefined && ended === undefined && !this.#isNew(upload));
      if (isOver && !upload.isHeld) await upload.drop().catch(() => {});
    }
  }

  /** Seconds that are left of an upload's life. */
  secondsLeft({ record }: KeptUpload): number {
    return Math.max(0, Math.ceil((record.expiresAtMs - this.#keeping.now()) / 1000));
  }

  /** Seconds of the life of one that begins. */
  get seconds(): number {
    return this.#options.limits.uploadSeconds;
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep();
  }

  /** One without a draft was left by a process that was ended at its beginning; or it begins now. */
  #isNew({ record }: KeptUpload): boolean {
    return record.expiresAtMs - this.#keeping.now() > (this.seconds - newSeconds) * 1000;
  }

  #hasRoomFor(principal: string | undefined): boolean {
    const { keptUploads } = this.#options.limits;
    const most = principal === undefined ? Math.ceil(keptUploads / 2) : Math.ceil(keptUploads / 10);
    const open = [...this.#uploads.values()].filter(({ record }) => record.ended === undefined);
    if (open.length >= keptUploads) return false;
    if (open.filter(({ record }) => record.principal === principal).length >= most) return false;
    this.#forgetEnded(keptUploads - open.length);
    return true;
  }

  /** Those that have ended are told of as long as there is room; the oldest go first. */
  #forgetEnded(most: number): void {
    const ended = [...this.#uploads.values()].filter(({ record }) => record.ended !== undefined);
    for (const upload of ended.slice(0, Math.max(0, ended.length - most + 1))) {
      upload.drop().catch(() => {});
    }
  }

  #sweepLater(): () => void {
    return this.#options.after(sweepMs, () => {
      this.sweep().finally(() => {
        if (!this.#closed) this.#cancelSweep = this.#sweepLater();
      });
    });
  }
}

/** How long the beginning of an upload may take, at most. */
const newSeconds = 600;
