/** Questions to the person at the page: one at a time, each a dialog. */
import type { Row } from "../folder/rows/row.ts";
import type { Standing } from "../folder/rows/standing.ts";
import { Store } from "../store.ts";

export type Conflict = "replace" | "keep both" | "skip";

/** What a question is about, by its kind. */
export interface Questions {
  /** A name: of a new folder, or another one. */
  readonly name: { readonly title: string; readonly button: string; readonly name: string };
  readonly delete: { readonly rows: readonly Row[] };
  /** Something of that name is there already. */
  readonly conflict: {
    readonly name: string;
    /** What is to get the name. */
    readonly own: Pick<Row, "collection" | "length" | "modified">;
    readonly there: Standing;
    /** So many follow that may be in the same case. */
    readonly others: number;
    /** It was answered before, and something else was there then. */
    readonly changed: boolean;
  };
  /** The path of a folder. */
  readonly destination: {
    readonly title: string;
    readonly button: string;
    readonly from: string;
    /** Paths of folders that it cannot be. */
    readonly without: ReadonlySet<string>;
  };
  /** Only to be read. */
  readonly failures: { readonly title: string; readonly failures: readonly MemberFailure[] };
}

/** What is answered; undefined where the dialog was closed. */
export interface Answers {
  readonly name: string;
  readonly delete: true;
  readonly conflict: { readonly choice: Conflict; readonly forAll: boolean };
  readonly destination: string;
  readonly failures: never;
}

/** One member, and why it failed, in a sentence. */
export interface MemberFailure {
  readonly name: string;
  readonly reason: string;
}

export type Question = {
  readonly [Kind in keyof Questions]: {
    readonly kind: Kind;
    readonly about: Questions[Kind];
    answer(answer: Answers[Kind] | undefined): void;
  };
}[keyof Questions];

/** With these a person begins something: one at a time. */
const begins: ReadonlySet<keyof Questions> = new Set(["name", "delete", "destination"]);

/** The questions that wait for an answer. */
export class Asking extends Store {
  #waiting: readonly Question[] = [];

  /** The one that is shown. */
  get current(): Question | undefined {
    return this.#waiting[0];
  }

  ask<Kind extends keyof Questions>(kind: Kind, about: Questions[Kind]): Promise<Answers[Kind] | undefined> {
    // A second click, or a key that is held down, before the dialog was there.
    if (begins.has(kind) && this.#waiting.some((one) => begins.has(one.kind)))
      return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const question = {
        kind,
        about,
        answer: (answer: Answers[Kind] | undefined) => {
          this.#waiting = this.#waiting.filter((one) => one !== question);
          this.changed();
          resolve(answer);
        },
      } as unknown as Question;
      this.#waiting = [...this.#waiting, question];
      this.changed();
    });
  }
}

/** What a dialog of one kind of question gets. */
export interface AnswerProps<Kind extends keyof Questions> {
  readonly about: Questions[Kind];
  answer(answer: Answers[Kind] | undefined): void;
}
