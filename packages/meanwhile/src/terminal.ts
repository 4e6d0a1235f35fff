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
  /**
   * Ends the process without waiting for threads that a call to the file system keeps (SIGKILL): `exit` waits for them.
   */
  kill(): void;
  /** Calls back when the process is about to end, until the returned function is called. */
  onExit(listener: () => void): () => void;
}

/** What commands see that talk to a server. */
export interface ClientTerminal extends Terminal {
  /** Relative paths are below it. */
  readonly cwd: string;
  /** Standard input. Opened where it is first read. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Writes to standard output; resolves once it takes more. Rejects where nobody reads it any longer. */
  write(content: string | Uint8Array): Promise<void>;
  readonly outputIsTerminal: boolean;
  /** Where progress is drawn. */
  readonly screen: Screen;
  /** Asks at the terminal, even where standard input is something else. Undefined: nobody is there to answer. */
  readonly ask: Ask;
  readonly timing: Timing;
  /**
   * Runs a program that has the terminal for itself meanwhile.
   * @returns its exit code; 128 and the number of the signal, where one ended it; 127 where there is no such program
   */
  run(
    program: readonly [string, ...string[]],
    environment: Readonly<Record<string, string>>,
  ): Promise<number>;
}

export interface Question {
  readonly text: string;
  /** What is typed does not appear. */
  readonly hidden: boolean;
}

export type Ask = (question: Question) => Promise<string | undefined>;

/** Standard error. */
export interface Screen extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Its width now. */
  readonly columns?: number;
}

export interface Timing {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back after that many milliseconds, and keeps no process alive; until the returned function is called. */
  after(milliseconds: number, callback: () => void): () => void;
}
