/** A server within a test, with the resources that docs/reference/commands.md speaks of. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import {
  type Authenticate,
  createDavHandler,
  type DavHandlerOptions,
  type RequestLogEntry,
} from "@meanwhile/server";
import type { Tree } from "@meanwhile/server/store";
import { createMemoryLockStore, createMemoryTree } from "@meanwhile/server/testing";

export interface TeamServer {
  /** Of the collection of the team, with a slash at its end. */
  readonly url: string;
  readonly tree: Tree;
  /** What was answered. */
  readonly log: readonly RequestLogEntry[];
  close(): Promise<void>;
}

export interface TeamServerOptions extends Partial<DavHandlerOptions> {
  /** Milliseconds since the epoch. Default: noon of 15 January 2026. */
  readonly clock?: () => number;
  /** Makes the tree another one, such as a slow one. */
  readonly around?: (tree: Tree) => Tree;
}

const noon = Date.UTC(2026, 0, 15, 12);

/** Listens on a free port of 127.0.0.1. No proxy stands in front. */
export async function startTeamServer(options: TeamServerOptions = {}): Promise<TeamServer> {
  const { clock = () => noon, around = (tree: Tree) => tree, ...more } = options;
  const tree = createMemoryTree({ clock });
  await fill(tree);
  const log: RequestLogEntry[] = [];
  const handler = createDavHandler({
    tree: around(tree),
    locks: createMemoryLockStore({ clock }),
    operations: createOperations(),
    interim: { front: "none" },
    log: (entry) => void log.push(entry),
    ...more,
  });
  const server = createServer(handler).on("checkContinue", handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/team/`,
    tree,
    log,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await handler.close();
    },
  };
}

/** Lets in whoever has this name and password, by Basic (RFC 7617), and nobody else. */
export function basicFor(username: string, password: string): Authenticate {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return ({ headers }) =>
    headers.authorization === expected
      ? { kind: "known", principal: username }
      : { kind: "challenge", challenges: ['Basic realm="test", charset="UTF-8"'] };
}

async function fill(tree: Tree): Promise<void> {
  await tree.createCollection(parsePath("/team"), []);
  await tree.createCollection(parsePath("/team/photos"), []);
  await writeDocument(tree, "/team/notes.txt", "ring the harbour master\n");
  await writeDocument(tree, "/team/plan%20for%202026.txt", "rest, then sail\n\n");
  await writeDocument(tree, "/team/photos/beach.jpg", "sand".repeat(750));
  await writeDocument(tree, "/team/photos/harbour.jpg", "mast".repeat(750));
}

/** @param path percent-encoded */
export async function writeDocument(tree: Tree, path: string, content: string): Promise<void> {
  const bytes = Buffer.from(content);
  const draft = await tree.draft(parsePath(path), { length: bytes.length });
  await draft.write(bytes);
  await draft.commit({ modifiedMs: undefined });
}
