/** One upload that may be gone on with: what is recorded of it, and the one request that works on it. */
import { DavError } from "@meanwhile/dav";
import type { KeptDraft, Tree } from "../store.ts";
import { RunningDigest } from "./running-digest.ts";
import type { EndedUpload, UploadRecord } from "./upload-record.ts";

/** What an upload is kept by. */
export interface UploadKeeping {
  readonly tree: Tree;
  /** Records it, so that it survives a loss of power. */
  put(id: string, record: UploadRecord): Promise<void>;
  /** Forgets it. */
  remove(id: string): Promise<void>;
  /** When an upload expires of which something comes now. */
  expiryMs(): number;
  /** Milliseconds. */
  now(): number;
}

/** A request of which nothing came for so long is taken to be lost, once another one asks; milliseconds. */
const stalledMs = 5_000;

interface Holder {
  heardMs: number;
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

/**
 *        take()            release(), keep()
 *   ┌─────────────┐
 *   ▼             │
 *  left ───────▶ held ──── end() ──▶ ended (its outcome is told until it expires)
 *   │             └─────── drop() ─▶ gone
 *   └──── drop() ──────────────────▶ gone
 */
export class KeptUpload {
  readonly id: string;
  readonly digest: RunningDigest = new RunningDigest();
  readonly #keeping: UploadKeeping;
  #record: UploadRecord;
  #holder: Holder | undefined;
  #gone = false;

  constructor(id: string, record: UploadRecord, keeping: UploadKeeping) {
    this.id = id;
    this.#record = record;
    this.#keeping = keeping;
  }

  /** What is recorded of it. */
  get record(): UploadRecord {
    return this.#record;
  }

  /** Whether a request has it at the moment. */
  get isHeld(): boolean {
    return this.#holder !== undefined;
  }

  /**
   * Takes the upload for one request, with its draft. A request that has it already goes on, unless it is stalled.
   * @throws {DavError} 503 while another request has it, 404 where its content is gone
   */
  async take(draft?: KeptDraft): Promise<HeldUpload> {
    const holder = this.#holder;
    if (holder !== undefined) {
      if (this.#keeping.now() - holder.heardMs < stalledMs) throw busy();
      holder.stop.abort();
      await holder.over;
      if (this.#holder !== undefined) throw busy();
    }
    let leave = (): void => {};
    const over = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const taken: Holder = { heardMs: this.#keeping.now(), stop: new AbortController(), over };
    this.#holder = taken;
    const free = (): void => {
      if (this.#holder === taken) this.#holder = undefined;
      leave();
    };
    try {
      const opened = draft ?? (await this.#reopen());
      if (opened === undefined || this.#gone) {
        await opened?.leave();
        if (!this.#gone) await this.#whereContentIsGone();
        throw goneUpload();
      }
      return new HeldUpload(this, opened, {
        signal: taken.stop.signal,
        free,
        heard: () => {
          taken.heardMs = this.#keeping.now();
        },
      });
    } catch (error) {
      free();
      throw error;
    }
  }

  /** Removes it with its content; a request that works on it is stopped. */
  async drop(): Promise<void> {
    this.#gone = true;
    while (this.#holder !== undefined) {
      this.#holder.stop.abort();
      await this.#holder.over;
    }
    await this.#forget();
  }

  /** Records what came, or what became of it. */
  async keep(
    news: Partial<Pick<UploadRecord, "offset" | "length" | "mark" | "completing" | "ended">>,
  ): Promise<void> {
    const record = { ...this.#record, ...news, expiresAtMs: this.#keeping.expiryMs() };
    if (!this.#gone) await this.#keeping.put(this.id, record);
    this.#record = record;
  }

  /** The content first: while there is any, there is a record of it. */
  async #forget(): Promise<void> {
    this.#gone = true;
    if (this.#record.ended === undefined) await this.#keeping.tree.forgetDraft?.(this.#record.path, this.id);
    await this.#keeping.remove(this.id);
  }

  /** A process that was ended between putting the content in place and recording that has done it. */
  async #whereContentIsGone(): Promise<void> {
    const { path, completing, length } = this.#record;
    if (completing !== true) return this.#forget();
    const there = await this.#keeping.tree.lookup(path);
    if (there?.kind !== "document" || there.length !== length) return this.#forget();
    await this.keep({ ended: { status: 204, fields: { ETag: there.etag } } });
  }

  async #reopen(): Promise<KeptDraft | undefined> {
    const { path, mark, offset: length } = this.#record;
    if (mark === undefined) return undefined;
    return this.#keeping.tree.resumeDraft?.(path, { id: this.id, mark, length });
  }
}

interface Holding {
  readonly signal: AbortSignal;
  free(): void;
  heard(): void;
}

/** An upload in the hands of one request. It is to be released, ended or dropped. */
export class HeldUpload {
  readonly upload: KeptUpload;
  readonly draft: KeptDraft;
  readonly #holding: Holding;

  constructor(upload: KeptUpload, draft: KeptDraft, holding: Holding) {
    this.upload = upload;
    this.draft = draft;
    this.#holding = holding;
  }

  /** Aborted where the request is to let go of it. */
  get signal(): AbortSignal {
    return this.#holding.signal;
  }

  /** Takes the next bytes. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#holding.heard();
    const { length } = this.draft;
    await this.draft.write(chunk);
    this.upload.digest.update(chunk, length);
  }

  /** Makes what came safe: from now on it may be told. */
  async keep(): Promise<void> {
    await this.draft.sync();
    await this.upload.keep({ offset: this.draft.length });
  }

  /** Forgets what came since it was safe last. */
  async rollBack(): Promise<void> {
    await this.draft.truncate(this.upload.record.offset);
  }

  /** Lets go of it. Its content stays. */
  async release(): Promise<void> {
    await this.draft.leave();
    this.#holding.free();
  }

  /** Its content is in place, or refused: what became of it is told from now on. */
  async end(ended: EndedUpload): Promise<void> {
    try {
      await this.draft.discard();
      await this.upload.keep({ ended });
    } finally {
      this.#holding.free();
    }
  }

  /** Removes it with its content. */
  async drop(): Promise<void> {
    await this.draft.discard();
    this.#holding.free();
    await this.upload.drop();
  }
}

/** 404: also for those who may not know that it exists. */
export function goneUpload(): DavError {
  return new DavError(404, "there is no such upload: it has ended, expired, or was never begun");
}

function busy(): DavError {
  return new DavError(503, "another request works on this upload", { fields: { "Retry-After": "1" } });
}
