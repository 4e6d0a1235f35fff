/** `meanwhile mkdir`: new collections. */
import type { DavClient } from "@meanwhile/client";
import type { Command } from "commander";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { betterMkdirReason } from "../remote/explain/better-reason.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../remote/lock-tokens.ts";
import { lookAt } from "../remote/look-at.ts";
import { collectionUrl, commonParent, parentUrl, parseRemoteUrls, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, forEachUrl, inSession } from "../remote/session.ts";

interface TypedMkdir extends TypedConnection, TypedLockTokens {
  readonly parents?: boolean;
}

/** `meanwhile mkdir URL`: its options, and what it does. */
export function mkdirCommand(context: CommandContext): Command {
  return lockTokenOption(remoteCommand("mkdir", "make folders"))
    .argument("<URL...>", "what to make")
    .option("-p, --parents", "make the folders above it, too; it is no failure if it is there already")
    .action(async (typedUrls: readonly string[], typed: TypedMkdir) => {
      const lockTokens = parseLockTokens(typed, context.terminal);
      const remotes = parseRemoteUrls(typedUrls);
      const parents = commonParent(remotes);
      // Those above may be any.
      const base = typed.parents === true ? new URL("/", parents) : parents;
      await inSession(context, { remotes, base, typed }, async (session) => {
        const { client, report, signal } = session;
        await forEachUrl(session, remotes, async (url) => {
          const collection = collectionUrl(url);
          const options = { signal, lockTokens };
          const parents = typed.parents === true;
          const making = parents
            ? makeAll(client, collection, options)
            : makeOne(client, collection, options);
          const made = await making.catch(async (error: unknown) => {
            throw await betterMkdirReason(error, client, collection, { signal });
          });
          for (const each of made) {
            await report.done(`made ${shownPath(each)}`, { type: "made", url: each.href });
          }
        });
      });
    });
}

interface MakingOptions {
  readonly signal: AbortSignal;
  readonly lockTokens: readonly string[];
}

async function makeOne(client: DavClient, collection: URL, options: MakingOptions): Promise<readonly URL[]> {
  await client.mkdir(collection, options);
  return [collection];
}

/** Makes it and what is missing above it. @returns what was made, from above */
async function makeAll(client: DavClient, collection: URL, options: MakingOptions): Promise<readonly URL[]> {
  const { HttpError } = await import("@meanwhile/client");
  try {
    return await makeOne(client, collection, options);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // RFC 4918 §9.3.1: 405 where something is there already, 409 where the collection above is missing; some say 403 or 400.
    if (refusals.has(error.status)) {
      const { kind } = await lookAt(client, collection, { signal: options.signal });
      if (kind === "folder") return [];
    }
    // Apache and others say 404 where the one above is missing.
    const parent = parentUrl(collection);
    const mayBeMissing = error.status === 409 || error.status === 404;
    if (!mayBeMissing || parent.pathname === collection.pathname) throw error;
    const above = await makeAll(client, parent, options);
    // It was there: something else is the matter.
    if (above.length === 0) throw error;
    return [...above, ...(await makeOne(client, collection, options))];
  }
}

const refusals: ReadonlySet<number> = new Set([400, 403, 405, 409]);
