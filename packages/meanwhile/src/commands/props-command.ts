/** `meanwhile props`: reads and changes properties. */
import type { Property, PropertyChange } from "@meanwhile/client";
import { clarkName } from "@meanwhile/dav";
import type { Command } from "commander";
import { CommandError, wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";
import { collect, remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { exitCodeOf, statusWords } from "../remote/explain/explain-status.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../remote/lock-tokens.ts";
import { commonCollection, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../remote/session.ts";
import { parseAssignment, parsePropertyName } from "./property-name.ts";

interface TypedProps extends TypedConnection, TypedLockTokens {
  readonly names?: boolean;
  readonly set?: readonly string[];
  readonly setXml?: readonly string[];
  readonly remove?: readonly string[];
}

/** `meanwhile props URL`: its options, and what it does. */
export function propsCommand(context: CommandContext): Command {
  return lockTokenOption(remoteCommand("props", "read and change properties"))
    .argument("<URL>", "the file or folder")
    .argument("[NAME...]", "which ones, as {NAMESPACE}NAME; default: all that the server tells unasked")
    .option("--names", "only their names")
    .option("--set <NAME=VALUE>", "set a property to this text (repeatable)", collect)
    .option("--set-xml <NAME=XML>", "set a property to this XML (repeatable)", collect)
    .option("--remove <NAME>", "remove a property (repeatable); all changes are made, or none", collect)
    .action(async (typedUrl: string, typedNames: readonly string[], typed: TypedProps) => {
      const remote = parseRemoteUrl(typedUrl);
      const names = typedNames.map(parsePropertyName);
      const changes = parseChanges(typed);
      const lockTokens = parseLockTokens(typed, context.terminal);
      if (changes.length > 0 && (names.length > 0 || typed.names === true)) {
        throw wrongUsage("props either reads or changes: no names go with --set and --remove");
      }
      if (names.length > 0 && typed.names === true)
        throw wrongUsage("--names lists them all: it takes no names");
      const base = commonCollection([remote]);
      await inSession(context, { remotes: [remote], base, typed }, async (session) => {
        const { client, report, signal } = session;
        if (changes.length > 0) {
          await client.patchProperties(remote.url, changes, { signal, lockTokens });
          await report.done(`changed ${shownPath(remote.url)}`, {
            type: "changed",
            url: remote.url.href,
            changes: changes.length,
          });
          return;
        }
        const wanted = typed.names === true ? "names" : names.length > 0 ? names : undefined;
        const found = await client.properties(remote.url, wanted, { signal });
        await tell(session, found, typed.names === true);
        const missing = found.find(({ status }) => status !== 200);
        if (names.length > 0 && missing !== undefined) {
          throw new CommandError(
            exitCodeOf(missing.status),
            `${shownPath(remote.url)}: ${printable(clarkName(missing.name))}: ${statusWords(missing.status)}`,
          );
        }
      });
    });
}

async function tell({ report }: Session, properties: readonly Property[], namesOnly: boolean): Promise<void> {
  for (const { name, status, text, xml, lang } of properties) {
    const clark = printable(clarkName(name));
    const fact = { type: "property", name, status, text, xml, ...(lang === undefined ? {} : { lang }) };
    if (namesOnly) await report.answer(clark, { type: "property", name });
    else if (status === 200) await report.answer(`${clark}  ${shownValue(text, xml)}`, fact);
    else if (report.json) await report.answer("", fact);
  }
}

/** Its text where that is all; else the XML. */
function shownValue(text: string, xml: string): string {
  const within = /^<[^>]*?(?:\/>|>(.*)<\/[^<]*>)$/su.exec(xml)?.[1] ?? "";
  return printable(within.includes("<") ? within.trim() : text);
}

/** Sets and removals in an order that does not matter: their names differ. */
function parseChanges({ set = [], setXml = [], remove = [] }: TypedProps): readonly PropertyChange[] {
  const changes: PropertyChange[] = [
    ...set.map((typed) => {
      const { name, value } = parseAssignment("--set", typed);
      return { set: name, text: value };
    }),
    ...setXml.map((typed) => {
      const { name, value } = parseAssignment("--set-xml", typed);
      return { set: name, xml: elementOf(name, value) };
    }),
    ...remove.map((typed) => ({ remove: parsePropertyName(typed) })),
  ];
  const names = changes.map((change) => clarkName("set" in change ? change.set : change.remove));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrongUsage(`${printable(twice)} is changed twice`);
  return changes;
}

function elementOf({ namespace, local }: { namespace: string; local: string }, content: string): string {
  const name = namespace.replaceAll("&", "&amp;");
  return namespace === ""
    ? `<${local}>${content}</${local}>`
    : `<p:${local} xmlns:p="${name}">${content}</p:${local}>`;
}
