import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, judge } from "./judge.ts";
import { run, runWell } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { snapshot } from "./tree.ts";

const cacheFolder = "/var/cache/davfs2";

/**
 * Collections are not listed here: mount.davfs 1.6.1 answers a current kernel's READDIR with EINVAL, whatever the
 * server. What is written goes to the server when it is closed (delay_upload 0), or at the latest by the unmounting.
 */
describeWith(["davfs2", "root", "fuse"], "davfs2", () => {
  let place: string;
  let mountPoint: string;
  let server: Server;

  const mount = () =>
    runWell(judge("davfs2").program, ["-o", `conf=${join(place, "conf")},uid=0`, server.url, mountPoint]);
  const unmount = () => run("umount", [mountPoint]);

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "meanwhile-davfs2-"));
    mountPoint = join(place, "mounted");
    await mkdir(mountPoint);
    await writeFile(join(place, "conf"), "ask_auth 0\nuse_locks 1\ndelay_upload 0\n");
    server = await startServer();
    await mount();
  });
  afterAll(async () => {
    if (mountPoint !== undefined && readFileSync("/proc/mounts", "utf8").includes(` ${mountPoint} `)) {
      await unmount();
    }
    forgetCache(mountPoint);
    await server?.stop();
    await rm(place, { recursive: true, force: true });
  });

  test("what is written, made, renamed and removed under the mount is so on the server", async () => {
    await writeFile(join(mountPoint, "a.txt"), "first");
    await mkdir(join(mountPoint, "sub"));
    await writeFile(join(mountPoint, "sub", "b.txt"), "second");
    await rename(join(mountPoint, "sub", "b.txt"), join(mountPoint, "sub", "c.txt"));
    await rename(join(mountPoint, "sub"), join(mountPoint, "moved"));
    await writeFile(join(mountPoint, "gone.txt"), "gone");
    await unlink(join(mountPoint, "gone.txt"));
    await runWell("umount", [mountPoint]);
    expect(snapshot(server.folder).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "document a.txt",
      "collection moved",
      "document moved/c.txt",
    ]);
    expect(await readFile(join(server.folder, "moved", "c.txt"), "utf8")).toBe("second");
  });

  test("what others wrote on the server is read under a new mount", async () => {
    await writeFile(join(server.folder, "theirs.txt"), "written by others");
    await mount();
    expect(await readFile(join(mountPoint, "theirs.txt"), "utf8")).toBe("written by others");
    await runWell("umount", [mountPoint]);
  });
});

/** mount.davfs keeps a folder for each mount point, named after it. */
function forgetCache(mountPoint: string): void {
  try {
    for (const name of readdirSync(cacheFolder)) {
      if (name.includes(mountPoint.slice(1).replaceAll("/", "-"))) {
        rmSync(join(cacheFolder, name), { recursive: true, force: true });
      }
    }
  } catch {
    // There is none where nothing was mounted.
  }
}
