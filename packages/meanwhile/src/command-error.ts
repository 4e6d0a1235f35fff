/** Why a command could not do its work: one line for the user, and the exit code. */
import type { FailureCode } from "./exit-status.ts";

/** The message is one line, meant for the person at the terminal; no stack is shown with it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: FailureCode;

  constructor(exitCode: FailureCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command was called wrongly, or a file that it was given cannot be used: nothing was started. */
export function wrongUsage(message: string, cause?: unknown): CommandError {
  return new CommandError(2, message, { cause });
}

/** The command was right, and failed all the same. */
export function failed(message: string, cause?: unknown): CommandError {
  return new CommandError(1, message, { cause });
}

/** A program that was run for the user ended with this code, and ours is the same. It has said itself what was wrong. */
export class ProgramEndedError extends Error {
  override readonly name = "ProgramEndedError";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}
