/** The digest of what came of an upload so far: it goes along, so that nothing has to be read again. */
import { createHash, type Hash } from "node:crypto";
import type { DigestAlgorithm } from "@meanwhile/dav";
import type { KeptDraft } from "../store.ts";

const names: Readonly<Record<DigestAlgorithm, string>> = { "sha-256": "sha256", "sha-512": "sha512" };

/** The algorithm whose digest goes along; others are computed when they are asked for. */
const running: DigestAlgorithm = "sha-256";

/** The SHA-256 of what came, made as it comes once it was asked for. */
export class RunningDigest {
  #hash: Hash | undefined;
  #length = 0;

  /** From now on it goes along, where nothing came yet. */
  begin(): void {
    if (this.#length === 0) this.#hash ??= createHash(names[running]);
  }

  /** The next bytes, from `offset` on. */
  update(chunk: Uint8Array, offset: number): void {
    if (this.#hash === undefined || offset !== this.#length) {
      this.#hash = undefined;
      return;
    }
    this.#hash.update(chunk);
    this.#length += chunk.length;
  }

  /** The digest of the first `length` bytes of a draft; read again where it did not go along. */
  async of(draft: KeptDraft, length: number, algorithm: DigestAlgorithm): Promise<Uint8Array> {
    if (algorithm === running && this.#hash !== undefined && this.#length === length) {
      return this.#hash.copy().digest();
    }
    const hash = createHash(names[algorithm]);
    for await (const part of draft.stream(length)) hash.update(part);
    const digest = hash.copy().digest();
    if (algorithm === running) {
      this.#hash = hash;
      this.#length = length;
    }
    return digest;
  }
}
