/** Questions at the terminal, with answers that do not appear. */
import { closeSync, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import { CommandError } from "./command-error.ts";
import type { Question } from "./terminal.ts";

/** A terminal to ask at. */
export interface Asked {
  /** Keys as they are typed, in raw mode. */
  readonly keys: NodeJS.ReadableStream & { setRawMode(raw: boolean): unknown };
  readonly screen: { write(text: string): unknown };
  close(): void;
}

/** The longest answer, in characters. */
export const longestAnswer = 4096;

/** The terminal of this process, even where its standard streams lead elsewhere; undefined where it has none. */
export function openTerminal(platform: NodeJS.Platform): Asked | undefined {
  if (platform === "win32") {
    const { stdin, stderr } = process;
    if (!stdin.isTTY) return undefined;
    return { keys: stdin, screen: stderr, close: () => void stdin.pause() };
  }
  let descriptor: number;
  try {
    descriptor = openSync("/dev/tty", "r+");
  } catch {
    // A process without a terminal: nobody is there to answer.
    return undefined;
  }
  const keys = new ReadStream(descriptor);
  let screen: WriteStream;
  try {
    screen = new WriteStream(openSync("/dev/tty", "w"));
  } catch {
    keys.destroy();
    closeSync(descriptor);
    return undefined;
  }
  return {
    keys,
    screen,
    close() {
      keys.destroy();
      screen.destroy();
    },
  };
}

/**
 * @returns undefined where the answer was refused with Ctrl-D
 * @throws {CommandError} after Ctrl-C
 */
export function askAt(
  { keys, screen, close }: Asked,
  { text, hidden }: Question,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder();
    let answer: string[] = [];
    let ended = false;
    const end = (result: string | undefined): void => {
      ended = true;
      keys.off("data", onData).off("end", onEnd).off("error", onEnd);
      keys.setRawMode(false);
      screen.write("\r\n");
      close();
      resolve(result);
    };
    const onEnd = (): void => end(undefined);
    const onData = (bytes: Buffer): void => {
      for (const key of decoder.decode(bytes, { stream: true })) {
        if (key === "\u0003") {
          // In raw mode it comes as a key, and not as a signal.
          reject(new CommandError(130, "stopped"));
          end(undefined);
        } else if (key === "\r" || key === "\n") end(answer.join(""));
        else if (key === "\u0004" && answer.length === 0) end(undefined);
        else edit(key);
        if (ended) return;
      }
    };
    const edit = (key: string): void => {
      switch (key) {
        case "\u0008":
        case "\u007F":
          if (answer.pop() !== undefined && !hidden) screen.write("\b \b");
          break;
        case "\u0015":
          if (!hidden) screen.write("\b \b".repeat(answer.length));
          answer = [];
          break;
        default:
          if (answer.length >= longestAnswer || key < " ") break;
          answer.push(key);
          if (!hidden) screen.write(key);
      }
    };
    // Before the question: what is typed in answer must not appear.
    keys.setRawMode(true);
    screen.write(text);
    keys.on("data", onData).on("end", onEnd).on("error", onEnd);
    keys.resume();
  });
}
