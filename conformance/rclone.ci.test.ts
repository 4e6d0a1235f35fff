import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { runWell } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { makeHostileTree, makeTree, snapshot } from "./tree.ts";

/** A time of last modification that no clock gives by itself: 2001-09-09T01:46:40Z. */
const oldSeconds = 1_000_000_000;

describeWith(["rclone"], "rclone", () => {
  // The vendor decides what rclone sends: to ownCloud it says X-OC-Mtime, and it may ask for checksums.
  describe.each(["other", "owncloud"])("as if to vendor %s", (vendor) => {
    let place: string;
    let server: Server;
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), "meanwhile-rclone-"));
      server = await startServer();
      makeHostileTree(join(place, "local"));
      // Not more: rclone waits 10 ms before each request.
      makeTree(join(place, "local", "many"), 60);
      utimesSync(join(place, "local", "plain.txt"), oldSeconds, oldSeconds);
    });
    afterAll(async () => {
      await server?.stop();
      await rm(place, { recursive: true, force: true });
    });

    const remote = (path: string) => `:webdav:${path}`;
    const rclone = (...args: readonly string[]) =>
      runWell("rclone", [...args, "--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"], {
        cwd: place,
        environment: { RCLONE_WEBDAV_URL: server.url, RCLONE_WEBDAV_VENDOR: vendor, HOME: place },
      });

    test("sync up, check, and sync down give back the same tree, hostile names and all", async () => {
      await rclone("sync", "local", remote("synced"));
      expect(snapshot(join(server.folder, "synced"))).toEqual(snapshot(join(place, "local")));
      await rclone("check", "--download", "local", remote("synced"));
      await rclone("sync", remote("synced"), "back");
      expect(snapshot(join(place, "back"))).toEqual(snapshot(join(place, "local")));
    });

    test("the time of last modification is kept exactly where the vendor sends it", async () => {
      await rclone("copy", "local/plain.txt", remote("times"));
      const kept = statSync(join(server.folder, "times", "plain.txt")).mtimeMs / 1000 === oldSeconds;
      expect(kept).toBe(vendor === "owncloud");
    });

    test("a second sync sends only what changed, and deletes what is gone", async () => {
      const source = join(place, "changing");
      mkdirSync(source);
      for (const name of ["same.txt", "changed.txt", "gone.txt"]) {
        writeFileSync(join(source, name), name);
      }
      await rclone("sync", "changing", remote("changing"));
      const sameTag = statSync(join(server.folder, "changing", "same.txt")).ino;
      writeFileSync(join(source, "changed.txt"), "changed, and longer");
      rmSync(join(source, "gone.txt"));
      await rclone("sync", "changing", remote("changing"));
      expect(snapshot(join(server.folder, "changing"))).toEqual(snapshot(source));
      expect(statSync(join(server.folder, "changing", "same.txt")).ino).toBe(sameTag);
    });

    test("copies and moves on the server, and purges", async () => {
      await rclone("copy", "local/plain.txt", remote("work"));
      await rclone("copyto", remote("work/plain.txt"), remote("work/copied.txt"));
      await rclone("moveto", remote("work/plain.txt"), remote("work/moved.txt"));
      await rclone("move", remote("work"), remote("elsewhere"));
      expect(snapshot(join(server.folder, "elsewhere")).map((line) => line.split(" ")[1])).toEqual([
        "copied.txt",
        "moved.txt",
      ]);
      await rclone("purge", remote("elsewhere"));
      expect(snapshot(server.folder).join("\n")).not.toContain("elsewhere");
    });

    test("tells how much room is left (RFC 4331)", async () => {
      const { stdout } = await rclone("about", "--json", remote(""));
      expect(JSON.parse(stdout)).toMatchObject({ free: expect.any(Number), used: expect.any(Number) });
    });
  });
});
