/** What a command sees of the process that it runs in, so that tests can run it in theirs. */
export interface Terminal {
  /** Writes one line to standard output. */
  print(line: string): void;
  /** Writes one line to standard error. */
  complain(line: string): void;
  /** Where log lines go, each with its line feed: standard error. */
  readonly log: { write(line: string): void };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's home directory. */
  readonly home: string;
  /** Calls back at each SIGINT and SIGTERM, until the returned function is called. */
  onStop(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}
