/** Questions about names that are taken, and what an answer to one says of the others. */
import type { Asking, Conflict, Questions } from "./questions.ts";

/** The questions about one batch: one after the other, for the answer to one may be for all that follow. */
export class ConflictQuestions {
  readonly #asking: Asking;
  /** What was answered for all that follow. */
  #rule: Conflict | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** @param about what is asked, at the time when it is; undefined: nobody wants to know any longer */
  choose(about: () => Questions["conflict"] | undefined): Promise<Conflict> {
    const chosen = this.#last.then(() => this.#ask(about()));
    this.#last = chosen;
    return chosen;
  }

  async #ask(about: Questions["conflict"] | undefined): Promise<Conflict> {
    if (about === undefined) return "skip";
    if (this.#rule !== undefined && (this.#rule !== "replace" || isForeseen(about))) return this.#rule;
    const answer = await this.#asking.ask("conflict", about);
    if (answer?.forAll === true) this.#rule = answer.choice;
    return answer?.choice ?? "skip";
  }
}

/** Whether "replace" may be meant: a file takes a file's place, a folder a folder's. */
export function isReplaceable({ own, there }: Questions["conflict"]): boolean {
  return there === "unseen" || there.collection === own.collection;
}

/** What somebody else wrote while it was replaced was not foreseen by an answer for all. */
function isForeseen(about: Questions["conflict"]): boolean {
  return isReplaceable(about) && !about.changed;
}

/** Whether two files are told apart neither by their size nor by their time, to the second as servers tell it. */
export function seemsSame({ own, there }: Questions["conflict"]): boolean {
  if (there === "unseen" || own.collection || there.collection) return false;
  const seconds = [own.modified, there.modified].map((date) => date && Math.floor(date.getTime() / 1000));
  return own.length === there.length && seconds[0] !== undefined && seconds[0] === seconds[1];
}
