/** `meanwhile cp`: the server copies. */
import type { Command } from "commander";
import type { CommandContext } from "../../remote/session.ts";
import { type TypedTransfer, transfer, transferCommand } from "./transfer.ts";

interface TypedCp extends TypedTransfer {
  readonly shallow?: boolean;
}

/** `meanwhile cp FROM TO`: its options, and what it does. */
export function cpCommand(context: CommandContext): Command {
  return transferCommand("cp", "copy at the server; folders with all that is in them")
    .option("-r, --recursive", "accepted, and without effect: folders are always copied whole")
    .option("--shallow", "a folder without what is in it")
    .action(async (from: string, to: string, typed: TypedCp) => {
      const depth = typed.shallow === true ? "0" : "infinity";
      await transfer(context, "cp", [from, to], typed, ({ client }, source, target, options) =>
        client.copy(source, target, { ...options, depth }),
      );
    });
}
