/** One promise of an interface, as a test that any implementation and any test runner can run. */
export interface ContractCase<Subject, Need extends string = never> {
  /** A sentence of behaviour. */
  readonly name: string;
  /** The capability without which the case says nothing about the subject: leave it out then. */
  readonly needs?: Need;
  /** Fails with an `AssertionError` where the promise is broken. Each run gets a subject of its own. */
  run(subject: Subject): Promise<void>;
}
