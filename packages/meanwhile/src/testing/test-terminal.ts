/** A terminal within a test: what is said is kept, time and keys are the test's. */
import { Writable } from "node:stream";
import type { ClientTerminal, Question } from "../terminal.ts";

export interface TestTerminal extends ClientTerminal {
  /** Lines of standard output. */
  readonly printed: () => readonly string[];
  /** Everything on standard output, as it was written. */
  readonly output: () => Buffer;
  /** Lines of standard error. */
  readonly complained: readonly string[];
  /** Everything drawn on the screen. */
  readonly drawn: () => string;
  readonly questions: readonly Question[];
  readonly exits: readonly number[];
  /** Sends a signal to whoever hears it. */
  signal(name: NodeJS.Signals): void;
  /** Whether somebody hears signals. */
  readonly hearing: () => boolean;
  /** Time goes on, and timers go off in their order. */
  advance(milliseconds: number): void;
}

export interface TestTerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly home?: string;
  readonly input?: string;
  /** Answers to questions, in order; then nobody is there any longer. */
  readonly answers?: readonly string[];
  /** Columns of the screen; without them it is no terminal. */
  readonly columns?: number;
  readonly run?: ClientTerminal["run"];
}

export function testTerminal(options: TestTerminalOptions = {}): TestTerminal {
  const output: Buffer[] = [];
  const complained: string[] = [];
  const questions: Question[] = [];
  const exits: number[] = [];
  const answers = [...(options.answers ?? [])];
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const drawn: string[] = [];
  let nowMs = 0;
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      drawn.push(chunk.toString("utf8"));
      done();
    },
  });
  if (options.columns !== undefined) Object.assign(screen, { isTTY: true, columns: options.columns });

  function earliest(untilMs: number) {
    return [...timers].filter(({ at }) => at <= untilMs).sort((one, other) => one.at - other.at)[0];
  }

  return {
    print: (line) => void output.push(Buffer.from(`${line}\n`)),
    complain: (line) => void complained.push(line),
    log: { write: () => {} },
    env: options.env ?? {},
    platform: "linux",
    home: options.home ?? "/nowhere",
    onStop(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit: (code) => void exits.push(code),
    kill: () => void exits.push(137),
    onExit: () => () => {},
    cwd: options.cwd ?? "/nowhere",
    async *input() {
      yield Buffer.from(options.input ?? "");
    },
    async write(content) {
      output.push(Buffer.from(content));
    },
    outputIsTerminal: false,
    screen,
    async ask(question) {
      questions.push(question);
      return answers.shift();
    },
    timing: {
      now: () => nowMs,
      after(milliseconds, callback) {
        const timer = { at: nowMs + milliseconds, callback };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    run: options.run ?? (async () => 0),
    printed: () => Buffer.concat(output).toString("utf8").split("\n").slice(0, -1),
    output: () => Buffer.concat(output),
    complained,
    drawn: () => drawn.join(""),
    questions,
    exits,
    signal(name) {
      for (const listener of [...listeners]) listener(name);
    },
    hearing: () => listeners.size > 0,
    advance(milliseconds) {
      const untilMs = nowMs + milliseconds;
      for (let timer = earliest(untilMs); timer !== undefined; timer = earliest(untilMs)) {
        timers.delete(timer);
        nowMs = timer.at;
        timer.callback();
      }
      nowMs = untilMs;
    },
  };
}
