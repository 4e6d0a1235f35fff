/** What a handler tells of its work, from its first moment on: it is kept until there is an operation to tell it to. */
import type { Json, Work } from "@meanwhile/operations";
import { whenAborted } from "../waiting/listeners.ts";

/** Results of members that are kept as long as the request is no operation. */
const keptResults = 100;

/** What a handler reports of its work, before and after it is an operation. */
export class Reports {
  readonly #base: () => string;
  #work: Work | undefined;
  #progress: readonly [number, number | undefined, string | undefined] | undefined;
  #results: (readonly [status: number, uri: string])[] = [];
  #controller: AbortController | undefined;
  #aborted = false;

  /** @param base the absolute URL that references of members are relative to */
  constructor(base: () => string) {
    this.#base = base;
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
      else if (this.#work) whenAborted(this.#work.signal, () => this.abort());
    }
    return this.#controller.signal;
  }

  /** Whether the handler was told to stop. */
  get isToldToStop(): boolean {
    return this.#controller?.signal.aborted === true;
  }

  progress(done: number, total?: number, remark?: string): void {
    if (this.#work) this.#work.progress(done, total, remark);
    else this.#progress = [done, total, remark];
  }

  bytes(done: number, total: number): void {
    this.#work?.bytes(done, total);
  }

  /** A status that is not final, and a reference that is none, have nothing to tell. */
  result(status: number, uri: string): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) return;
    const absolute = resolved(uri, this.#base);
    if (absolute === undefined) return;
    if (this.#work) this.#work.result(status, absolute);
    else if (this.#results.length < keptResults) this.#results.push([status, absolute]);
  }

  /** There is an operation from now on. */
  take(work: Work): void {
    this.#work = work;
    if (this.#progress) work.progress(...this.#progress);
    for (const result of this.#results.splice(0)) work.result(...result);
    if (this.#controller) whenAborted(work.signal, () => this.abort());
  }

  /** Records anew what the next process is to know. */
  intend(intent: Json, warn: (message: string) => void): void {
    this.#work
      ?.intend(intent)
      .catch((error: unknown) => warn(`an intent was not recorded: ${String(error)}`));
  }

  /** Nobody waits for the handler any more, and nobody knows what became of its work. */
  giveUp(): void {
    this.#work?.giveUp();
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}

/** RFC 2518 §9.7: a Status-URI is absolute. What URL leaves as it is, but RFC 3986 §2 does not know, is encoded. */
function resolved(uri: string, base: () => string): string | undefined {
  const from = base();
  if (!URL.canParse(uri, from)) return undefined;
  const { href } = new URL(uri, from);
  return href.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]/g, encodeURIComponent);
}
