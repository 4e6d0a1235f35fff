import { type CommitOptions, type Committed, type Draft, TreeError } from "../store.ts";

/** New content on its way into a tree in memory: `commit` puts it in place. */
export class MemoryDraft implements Draft {
  readonly #commit: (content: Uint8Array, options: CommitOptions) => Committed;
  #chunks: Uint8Array[] = [];
  #over = false;

  constructor(commit: (content: Uint8Array, options: CommitOptions) => Committed) {
    this.#commit = commit;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertOpen();
    // Copied: the caller may use its buffer again.
    this.#chunks.push(new Uint8Array(chunk));
  }

  async commit(options: CommitOptions): Promise<Committed> {
    this.#assertOpen();
    const committed = this.#commit(Buffer.concat(this.#chunks), options);
    this.#end();
    return committed;
  }

  async discard(): Promise<void> {
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
