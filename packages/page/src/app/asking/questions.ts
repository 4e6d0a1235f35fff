/** Questions to the person at the page: one at a time, each a dialog. */
import type { Row } from "../folder/row.ts";
import { Store } from "../store.ts";

export type Conflict = "replace" | "keep both" | "skip";

/** What a question is about, by its kind. */
export interface Questions {
  /** A name: of a new folder, or another one. */
  readonly name: { readonly title: string; readonly button: string; readonly name: string };
  readonly delete: { readonly rows: readonly Row[] };
  /** Something of that name is there already. */
  readonly conflict: { readonly name: string; readonly collection: boolean; readonly others: number };
  /** The path of a folder. */
  readonly destination: { readonly title: string; readonly button: string; readonly from: string };
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

/** The questions that wait for an answer. */
export class Asking extends Store {
  #waiting: readonly Question[] = [];

  /** The one that is shown. */
  get current(): Question | undefined {
    return this.#waiting[0];
  }

  ask<Kind extends keyof Questions>(kind: Kind, about: Questions[Kind]): Promise<Answers[Kind] | undefined> {
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
