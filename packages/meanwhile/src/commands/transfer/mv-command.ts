/** `meanwhile mv`: the server moves. */
import type { Command } from "commander";
import type { CommandContext } from "../../remote/session.ts";
import { type TypedTransfer, transfer, transferCommand } from "./transfer.ts";

/** `meanwhile mv FROM TO`: its options, and what it does. */
export function mvCommand(context: CommandContext): Command {
  return transferCommand("mv", "move or rename at the server").action(
    async (from: string, to: string, typed: TypedTransfer) => {
      await transfer(context, "mv", [from, to], typed, ({ client }, source, target, options) =>
        client.move(source, target, options),
      );
    },
  );
}
