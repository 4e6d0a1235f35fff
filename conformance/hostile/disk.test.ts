import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { request, sendRaw } from "../raw.ts";
import { run, runWell } from "../run.ts";
import { type Server, startServer } from "../server.ts";
import { snapshot } from "../tree.ts";
import { expectSnapshot, type Ground, prepareGround } from "./ground.ts";

const isRoot = process.getuid?.() === 0;

describeWith(["tmpfs"], "a full disk: a tmpfs of 1 MiB and 64 inodes", () => {
  let folder: string;
  let server: Server | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "meanwhile-full-"));
    await runWell("mount", ["-t", "tmpfs", "-o", "size=1m,nr_inodes=64", "tmpfs", folder]);
    writeFileSync(join(folder, "kept.txt"), "kept");
    writeFileSync(join(folder, "big.bin"), Buffer.alloc(700_000, "big"));
    server = await startServer({ folder });
  });
  afterAll(async () => {
    await server?.stop();
    await run("umount", [folder]);
    await rm(folder, { recursive: true, force: true });
  });

  const send = (bytes: Buffer | readonly Buffer[]) => sendRaw(server?.port ?? 0, bytes);
  async function unchanged(action: () => Promise<void>): Promise<void> {
    const before = snapshot(folder);
    await action();
    await expectSnapshot(folder, before);
  }

  test.each(["/kept.txt", "/new.txt"])(
    "PUT to %s of more than is left is 507, whether its length is known or not",
    async (target) => {
      const content = Buffer.alloc(3_000_000, "x");
      await unchanged(async () => {
        expect((await send(request("PUT", target, [], content))).status).toBe(507);
        const chunk = Buffer.concat([
          Buffer.from(`${content.length.toString(16)}\r\n`),
          content,
          Buffer.from("\r\n0\r\n\r\n"),
        ]);
        expect((await send([request("PUT", target, ["Transfer-Encoding: chunked"]), chunk])).status).toBe(
          507,
        );
      });
    },
  );

  test("COPY of more than is left is 507, and leaves no half of it", async () => {
    await unchanged(async () => {
      const { status } = await send(request("COPY", "/big.bin", ["Destination: /copied.bin"]));
      expect(status).toBe(507);
      const over = await send(request("COPY", "/big.bin", ["Destination: /kept.txt"]));
      expect(over.status).toBe(507);
    });
  });

  test("MOVE and DELETE need no room", async () => {
    expect((await send(request("MOVE", "/big.bin", ["Destination: /moved.bin"]))).status).toBe(201);
    expect((await send(request("MOVE", "/moved.bin", ["Destination: /big.bin"]))).status).toBe(201);
  });

  test("MKCOL and PUT where no inode is left are 507", async () => {
    try {
      for (let index = 0; index < 64; index += 1) {
        mkdirSync(join(folder, `filler${index}`));
      }
    } catch {
      // The last inode is taken.
    }
    await unchanged(async () => {
      expect((await send(request("MKCOL", "/new/"))).status).toBe(507);
      expect((await send(request("PUT", "/new.txt", [], "x"))).status).toBe(507);
      expect((await send(request("PUT", "/kept.txt", [], "x"))).status).toBe(507);
    });
    for (const name of readdirSync(folder).filter((candidate) => candidate.startsWith("filler"))) {
      expect((await send(request("DELETE", `/${name}/`))).status).toBe(204);
    }
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toBe("kept");
  });
});

describeWith(isRoot ? ["chattr"] : [], "missing permissions", () => {
  let ground: Ground;
  /** Root may write everywhere, so for it the folder is made immutable. */
  const forbid = (path: string, forbidden: boolean) => {
    if (isRoot) {
      execFileSync("chattr", [forbidden ? "+i" : "-i", path], { stdio: "pipe" });
    } else {
      chmodSync(path, forbidden ? 0o555 : 0o755);
    }
  };
  beforeAll(async () => {
    ground = await prepareGround();
    forbid(join(ground.folder, "inside", "deep"), true);
  });
  afterAll(async () => {
    if (ground) forbid(join(ground.folder, "inside", "deep"), false);
    await ground?.close();
  });

  const writes = [
    ["PUT", [], "intruder", "/inside/deep/new.txt"],
    ["PUT", [], "intruder", "/inside/deep/b.txt"],
    ["MKCOL", [], "", "/inside/deep/new/"],
    ["DELETE", [], "", "/inside/deep/b.txt"],
    ["MOVE", ["Destination: /moved.txt"], "", "/inside/deep/b.txt"],
    ["COPY", ["Destination: /inside/deep/new.txt"], "", "/a.txt"],
  ] as const;
  test.each(writes)(
    "%s in a collection that the server may not write is 403",
    async (method, fields, content, target) => {
      await ground.unchanged(async () => {
        const answer = await ground.send(request(method, target, fields, content));
        expect(answer.status).toBe(403);
        expect(answer.body).not.toContain(ground.folder);
      });
    },
  );

  test("DELETE of a collection names exactly the member that stays, in a 207 (RFC 4918 §9.6.1)", async () => {
    const answer = await ground.send(request("DELETE", "/inside/"));
    expect(answer.status).toBe(207);
    const hrefs = [...answer.body.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href]) => href);
    expect(hrefs).toEqual([expect.stringMatching(/\/inside\/deep\/b\.txt$/)]);
    expect(answer.body).toContain("403");
    expect(snapshot(join(ground.folder, "inside"))).toEqual([
      "collection deep",
      expect.stringMatching(/^document deep\/b\.txt /),
    ]);
  });
});
