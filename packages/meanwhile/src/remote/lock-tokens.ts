/** Lock tokens to submit with a change, as they are typed. */
import type { Command } from "commander";
import { wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";
import type { Terminal } from "../terminal.ts";
import { collect } from "./connection-options.ts";

export interface TypedLockTokens {
  readonly lockToken?: readonly string[];
}

/** Adds `--lock-token`. */
export function lockTokenOption(command: Command): Command {
  return command.option(
    "--lock-token <TOKEN>",
    "change also what this lock protects (repeatable; default: MEANWHILE_LOCK_TOKEN)",
    collect,
  );
}

/** @throws {CommandError} where one cannot be a lock token */
export function parseLockTokens(typed: TypedLockTokens, { env }: Pick<Terminal, "env">): readonly string[] {
  const fromEnvironment = (env["MEANWHILE_LOCK_TOKEN"] ?? "").split(/\s+/).filter((token) => token !== "");
  return (typed.lockToken ?? fromEnvironment).map((token) => parseLockToken("--lock-token", token));
}

/** Coded with angle brackets, as servers send it, or without. */
export function parseLockToken(option: string, typed: string): string {
  const token = typed.replace(/^<(.*)>$/, "$1");
  // URIs (RFC 4918 §6.5); but rclone's are plain numbers.
  if (!/^[\x21\x23-\x3B\x3D\x3F-\x7E]{1,2048}$/.test(token)) {
    throw wrongUsage(
      `${option} takes a lock token such as urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4, not ${printable(JSON.stringify(typed))}`,
    );
  }
  return token;
}
