import assert from "node:assert/strict";
import { type Lock, type LockToken, parsePath } from "@meanwhile/dav";
import type { LockStore } from "../../locks/lock-store.ts";
import type { LockStoreSubject } from "./lock-store-subject.ts";

/**
 * Runs a story of locks, one step a line; what stands behind the arrow is what must come of it. Paths are
 * percent-encoded. Locks are named when they are granted; a list of locks has no order.
 *
 * ```
 * lock /a infinity exclusive by ann → t1          (with "for 5s"; else for 100 seconds)
 * lock /a/b 0 shared by bob → conflict t1         (or: → exhausted)
 * refresh t1 for 60s → granted                    (or: → gone)
 * advance 59s
 * covering /a/b → t1                              (or: → none)
 * within /a → t1
 * remove t1 → yes                                 (or: → no)
 * remove-within /a
 * reopen
 * second: covering /a/b → t1                      (a step in another process that has the same store)
 * ```
 */
export async function runLockStory(subject: LockStoreSubject, story: string): Promise<void> {
  const teller = new LockStoryTeller(subject);
  for (const line of story.split("\n")) {
    const step = line.trim();
    if (step !== "") await teller.tell(step);
  }
}

type Groups = Readonly<Record<string, string | undefined>>;

class LockStoryTeller {
  readonly #subject: LockStoreSubject;
  readonly #names = new Map<LockToken, string>();
  #store: LockStore;

  constructor(subject: LockStoreSubject) {
    this.#subject = subject;
    this.#store = subject.store;
  }

  async tell(step: string): Promise<void> {
    const elsewhere = /^second: (?<step>.+)$/.exec(step)?.groups?.["step"];
    if (elsewhere !== undefined) return this.#tellElsewhere(elsewhere);
    for (const [pattern, act] of this.#steps) {
      const groups = pattern.exec(step)?.groups;
      if (groups !== undefined) return act(groups, step);
    }
    throw new TypeError(`no step of a lock story: ${step}`);
  }

  async #tellElsewhere(step: string): Promise<void> {
    const here = this.#store;
    assert(this.#subject.second !== undefined, "this case needs a store that several processes share");
    this.#store = this.#subject.second;
    try {
      await this.tell(step);
    } finally {
      this.#store = here;
    }
  }

  readonly #steps: readonly (readonly [RegExp, (groups: Groups, step: string) => Promise<void>])[] = [
    [
      /^lock (?<path>\S+) (?<depth>0|infinity) (?<scope>exclusive|shared) by (?<who>\w+)(?: for (?<time>\d+)s)? → (?<end>.+)$/,
      async (groups, step) => {
        const { path = "", depth, scope, who, time = "100", end = "" } = groups;
        const result = await this.#store.create({
          root: parsePath(path),
          depth: depth === "0" ? "0" : "infinity",
          scope: scope === "shared" ? "shared" : "exclusive",
          owner: undefined,
          principal: who === "nobody" ? undefined : who,
          timeoutSeconds: Number(time),
        });
        if (result.kind === "granted") {
          const expected = /^\w+$/.test(end) && end !== "exhausted";
          assert(expected, `${step}\nbut it was granted`);
          this.#names.set(result.lock.token, end);
        } else if (result.kind === "conflict") {
          assert.equal(`conflict ${this.#list(result.locks)}`, inOrder(end), step);
        } else {
          assert.equal(result.kind, end, step);
        }
      },
    ],
    [
      /^refresh (?<name>\w+) for (?<time>\d+)s → (?<end>granted|gone)$/,
      async ({ name = "", time, end }, step) => {
        const lock = await this.#store.refresh(this.#token(name), Number(time));
        assert.equal(lock === undefined ? "gone" : "granted", end, step);
      },
    ],
    [
      /^(?<question>covering|within) (?<path>\S+) → (?<end>.+)$/,
      async ({ question, path = "", end = "" }, step) => {
        const at = parsePath(path);
        const locks = question === "covering" ? this.#store.covering(at) : this.#store.within(at);
        assert.equal(this.#list(await locks), inOrder(end), step);
      },
    ],
    [
      /^remove (?<name>\w+) → (?<end>yes|no)$/,
      async ({ name = "", end }, step) => {
        assert.equal((await this.#store.remove(this.#token(name))) ? "yes" : "no", end, step);
      },
    ],
    [/^remove-within (?<path>\S+)$/, async ({ path = "" }) => this.#store.removeWithin(parsePath(path))],
    [/^advance (?<time>\d+)s$/, async ({ time }) => this.#subject.advance(Number(time))],
    [
      /^(?<word>reopen)$/,
      async () => {
        assert(this.#subject.reopen !== undefined, "this case needs a store that can be opened again");
        this.#store = await this.#subject.reopen();
      },
    ],
  ];

  #token(name: string): LockToken {
    for (const [token, known] of this.#names) if (known === name) return token;
    throw new TypeError(`no lock of this story has the name ${name}`);
  }

  #list(locks: readonly Lock[]): string {
    if (locks.length === 0) return "none";
    return locks
      .map(({ token }) => this.#names.get(token) ?? `unknown(${token})`)
      .sort()
      .join(" ");
  }
}

/** A list as written in a story, "conflict" before it or not, in the order of {@link LockStoryTeller}. */
function inOrder(list: string): string {
  const [first = "", ...rest] = list.split(" ");
  return first === "conflict" ? [first, ...rest.sort()].join(" ") : [first, ...rest].sort().join(" ");
}
