import { type CommitOptions, type Committed, type KeptDraft, TreeError } from "../../store.ts";

/** Where drafts in memory stay when they are left: their content by path and id. */
export interface MemoryDraftPlace {
  leave(content: Uint8Array): void;
  forget(): void;
}

/** New content on its way into a tree in memory: `commit` puts it in place. */
export class MemoryDraft implements KeptDraft {
  readonly mark = "";
  readonly #commit: (content: Uint8Array, options: CommitOptions) => Committed;
  readonly #place: MemoryDraftPlace | undefined;
  #chunks: Uint8Array[] = [];
  #over = false;

  /** @param place where it stays; default: it does not */
  constructor(
    commit: (content: Uint8Array, options: CommitOptions) => Committed,
    place?: MemoryDraftPlace & { readonly content: Uint8Array },
  ) {
    this.#commit = commit;
    this.#place = place;
    if (place !== undefined && place.content.length > 0) this.#chunks = [place.content];
  }

  get length(): number {
    return this.#chunks.reduce((total, { length }) => total + length, 0);
  }

  async sync(): Promise<void> {
    this.#assertOpen();
    this.#place?.leave(Buffer.concat(this.#chunks));
  }

  async truncate(length: number): Promise<void> {
    this.#assertOpen();
    this.#chunks = [Buffer.concat(this.#chunks).subarray(0, length)];
  }

  async *stream(end: number): AsyncGenerator<Uint8Array> {
    this.#assertOpen();
    yield Buffer.concat(this.#chunks).subarray(0, end);
  }

  async leave(): Promise<void> {
    if (!this.#over) await this.sync();
    this.#end();
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertOpen();
    // Copied: the caller may use its buffer again.
    this.#chunks.push(new Uint8Array(chunk));
  }

  async commit(options: CommitOptions): Promise<Committed> {
    this.#assertOpen();
    const committed = this.#commit(Buffer.concat(this.#chunks), options);
    this.#place?.forget();
    this.#end();
    return committed;
  }

  async discard(): Promise<void> {
    if (!this.#over) this.#place?.forget();
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#chunks = [];
  }

  #assertOpen(): void {
    if (this.#over) throw new TreeError("not-found", "the draft was committed or discarded");
  }
}
