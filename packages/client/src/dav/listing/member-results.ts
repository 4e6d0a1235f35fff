import { hasFailed, type MemberResult, MultistatusError } from "../../error/multistatus-error.ts";

/** Results that are kept. */
const memberLimit = 100_000;

/** What became of the resources in a 207. Of more than 100,000 the first ones are kept, and the failures among the others. */
export class MemberResults {
  readonly #members: MemberResult[] = [];
  #failed = 0;

  /** How many failed. */
  get failed(): number {
    return this.#failed;
  }

  add(result: MemberResult): void {
    const failure = hasFailed(result);
    if (failure) this.#failed += 1;
    if (this.#members.length < memberLimit || (failure && this.#failed <= memberLimit))
      this.#members.push(result);
  }

  /** @throws {MultistatusError} where one of them failed */
  check({ method, url }: { readonly method: string; readonly url: URL }): void {
    if (this.#failed > 0) throw new MultistatusError(method, url, this.#members);
  }
}
