/** `meanwhile stat`: what the server tells of resources. */
import type { Quota, Resource } from "@meanwhile/client";
import type { Command } from "commander";
import { formatBytes, formatCount } from "../display/amounts.ts";
import { formatExactDate } from "../display/date.ts";
import { printable } from "../display/printable.ts";
import { resourceFact } from "../display/resource-fact.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import type { ActiveLock } from "../remote/lock-holder.ts";
import { commonCollection, parseRemoteUrls } from "../remote/remote-url.ts";
import { type CommandContext, forEachUrl, inSession, type Session } from "../remote/session.ts";

/** `meanwhile stat URL`: its options, and what it does. */
export function statCommand(context: CommandContext): Command {
  return remoteCommand("stat", "tell about files and folders: kind, size, dates, ETag, locks, quota")
    .argument("<URL...>", "files or folders")
    .action(async (typedUrls: readonly string[], typed: TypedConnection) => {
      const remotes = parseRemoteUrls(typedUrls);
      const base = commonCollection(remotes);
      await inSession(context, { remotes, base, typed }, async (session) => {
        let separate = false;
        await forEachUrl(session, remotes, async (url) => {
          await tellOf(session, url, separate);
          separate = true;
        });
      });
    });
}

async function tellOf(session: Session, url: URL, separate: boolean): Promise<void> {
  const { client, report, signal } = session;
  const resource = await client.stat(url, { signal });
  const { activeLocks } = await import("../remote/lock-holder.ts");
  // Neither is known everywhere, and a server that has none may refuse the question.
  const locks = await activeLocks(client, resource.url, { signal }).catch(() => undefined);
  const quota = resource.collection
    ? await client.quota(resource.url, { signal }).catch((): Quota => ({}))
    : {};
  signal.throwIfAborted();
  const lockLines = locks?.map(lockLine) ?? [["locked", "the server does not tell"] as const];
  const lines = [...linesOf(resource), ...quotaLines(quota), ...lockLines];
  const text = lines.map(([name, value]) => `${name.padEnd(10)}${value}`).join("\n");
  const fact = {
    ...resourceFact(resource),
    ...(resource.collection ? { quota } : {}),
    ...(locks === undefined ? {} : { locks }),
  };
  await report.answer(separate && !report.json ? `\n${text}` : text, fact);
}

type Line = readonly [name: string, value: string];

function linesOf({
  url,
  collection,
  length,
  modified,
  created,
  etag,
  contentType,
}: Resource): readonly Line[] {
  return [
    ["URL", printable(url.href)],
    ["kind", collection ? "folder" : "file"],
    ...(length === undefined || collection ? [] : [["size", sizeOf(length)] as const]),
    ...(contentType === undefined || collection ? [] : [["type", printable(contentType)] as const]),
    ...(modified === undefined ? [] : [["modified", formatExactDate(modified)] as const]),
    ...(created === undefined ? [] : [["created", formatExactDate(created)] as const]),
    ...(etag === undefined ? [] : [["ETag", printable(etag)] as const]),
  ];
}

function sizeOf(bytes: number): string {
  const exact = `${formatCount(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 1000 ? exact : `${exact} (${formatBytes(bytes)})`;
}

/** RFC 4331. */
function quotaLines({ used, available }: Quota): readonly Line[] {
  return [
    ...(used === undefined ? [] : [["used", formatBytes(used)] as const]),
    ...(available === undefined ? [] : [["available", formatBytes(available)] as const]),
  ];
}

function lockLine({ scope, owner, timeoutSeconds, token }: ActiveLock): Line {
  const facts = [
    scope,
    ...(owner === "" ? [] : [`by ${printable(owner)}`]),
    ...(timeoutSeconds === undefined ? [] : [`for ${formatCount(timeoutSeconds)} s`]),
    ...(token === "" ? [] : [printable(token)]),
  ];
  return ["locked", facts.join(", ")];
}
