import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import { type RawAnswer, type RawOptions, sendRaw } from "../raw.ts";
import { type Server, startServer } from "../server.ts";
import { snapshot } from "../tree.ts";

/**
 * A served folder with something to lose, and a folder beside it that no request may reach.
 *
 * ```
 * outside/secret.txt, outside/sub/deep.txt
 * folder/a.txt, folder/b.txt, folder/inside/a.txt, folder/inside/deep/b.txt
 * ```
 */
export interface Ground {
  readonly server: Server;
  readonly folder: string;
  readonly outside: string;
  send(bytes: string | Buffer | readonly (string | Buffer)[], options?: RawOptions): Promise<RawAnswer>;
  /** Fails where anything in either folder, or the server's health, is different after the action. */
  unchanged(action: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function prepareGround(args: readonly string[] = []): Promise<Ground> {
  const place = await mkdtemp(join(tmpdir(), "meanwhile-hostile-"));
  const folder = join(place, "folder");
  const outside = join(place, "outside");
  mkdirSync(join(folder, "inside", "deep"), { recursive: true });
  mkdirSync(join(outside, "sub"), { recursive: true });
  writeFileSync(join(outside, "secret.txt"), secret);
  writeFileSync(join(outside, "sub", "deep.txt"), secret);
  writeFileSync(join(folder, "a.txt"), "content of a");
  writeFileSync(join(folder, "b.txt"), "content of b");
  writeFileSync(join(folder, "inside", "a.txt"), "content of inside/a");
  writeFileSync(join(folder, "inside", "deep", "b.txt"), "content of inside/deep/b");
  const server = await startServer({ folder, args });
  const send = (bytes: string | Buffer | readonly (string | Buffer)[], options?: RawOptions) =>
    sendRaw(server.port, bytes, options);
  return {
    server,
    folder,
    outside,
    send,
    async unchanged(action) {
      // The server may still be cleaning up behind a client that was cut before.
      await vi.waitFor(
        () => expect(snapshot(place).join("\n")).not.toMatch(/\/\.meanwhile-[^/]*\.put-/),
        2_000,
      );
      const before = snapshot(place);
      await action();
      await expectSnapshot(place, before);
      const { status } = await send("GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect(status).toBe(200);
    },
    async close() {
      await server.stop();
      await rm(place, { recursive: true, force: true });
    },
  };
}

/**
 * Fails where a folder does not look as before. A client whose connection was cut cannot know when the server has
 * cleaned up behind it, so for two seconds a difference is no failure yet.
 */
export async function expectSnapshot(folder: string, expected: readonly string[]): Promise<void> {
  const deadline = performance.now() + 2000;
  for (;;) {
    const found = seen(folder);
    if (found?.join("\n") === expected.join("\n")) {
      return;
    }
    if (performance.now() > deadline) {
      expect(found).toEqual(expected);
    }
    await delay(50);
  }
}

/** Undefined where something vanished while it was looked at. */
function seen(folder: string): readonly string[] | undefined {
  try {
    return snapshot(folder);
  } catch {
    return undefined;
  }
}

/** What must never be in an answer. */
export const secret = "the secret that lies outside";

/**
 * Links in the folder, each leading out of it: a document, a collection, both absolute and relative, in a deep place,
 * through another link; and links that lead nowhere.
 */
export function plantLinks({ folder, outside }: Pick<Ground, "folder" | "outside">): void {
  symlinkSync("../outside/secret.txt", join(folder, "document-link"));
  symlinkSync("../outside", join(folder, "collection-link"));
  symlinkSync(join(outside, "secret.txt"), join(folder, "absolute-link"));
  symlinkSync("../../../outside/sub", join(folder, "inside", "deep", "deep-link"));
  symlinkSync("collection-link/secret.txt", join(folder, "link-through-link"));
  symlinkSync("nowhere", join(folder, "dangling-link"));
  symlinkSync("loop-link", join(folder, "loop-link"));
}
