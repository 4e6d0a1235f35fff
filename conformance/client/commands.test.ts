/** The commands, as people call them, on every server; in the soak those that are shipped, each a process. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { soak } from "../soak.ts";
import { snapshot } from "../tree.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { describeSites, type Site, testIf } from "./sites.ts";

describeSites("the commands on", ({ name: server, can, start }) => {
  let site: Site;
  let ann: CommandUser;
  beforeAll(async () => {
    site = await start();
    ann = commandUser(soak ? "shipped" : "within");
    mkdirSync(join(ann.home, "photos/by sea"), { recursive: true });
    mkdirSync(join(ann.home, "photos/empty"));
    writeFileSync(join(ann.home, "notes.txt"), "ring the harbour master\n");
    writeFileSync(join(ann.home, "photos/beach.jpg"), "sand".repeat(20_000));
    writeFileSync(join(ann.home, "photos/by sea/50% #1?.jpg"), "mast");
    await ann.well("mkdir", "-p", `${site.url}team/2026/`);
  });
  afterAll(async () => {
    ann?.leave();
    await site?.stop();
  });

  const codes = async (...calls: readonly (readonly string[])[]) =>
    (await Promise.all(calls.map((args) => ann.command(...args)))).map(({ code }) => code);
  const remote = (path: string): string => join(site.folder, path);
  const local = (path: string): string => join(ann.home, path);

  test("mkdir, put, ls, stat and get: what goes up comes down", async () => {
    expect(existsSync(remote("team/2026"))).toBe(true);
    await ann.well("put", "notes.txt", `${site.url}team/`);
    expect(readFileSync(remote("team/notes.txt"), "utf8")).toBe("ring the harbour master\n");
    const piped = { input: "from a pipe\n" };
    expect((await ann.commandWith(piped, "put", "-", `${site.url}team/piped.txt`)).code).toBe(0);
    const [listed, facts, told, printed] = await Promise.all([
      ann.well("ls", `${site.url}team/`),
      ann.well("ls", "--json", "-R", site.url),
      ann.well("stat", `${site.url}team/notes.txt`),
      ann.well("get", `${site.url}team/piped.txt`, "-"),
      ann.well("get", `${site.url}team/notes.txt`, "got.txt"),
    ]);
    expect(listed).toBe("2026/\nnotes.txt\npiped.txt\n");
    const paths = facts
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly path: string }).path);
    expect(paths.sort()).toEqual(["team/", "team/2026/", "team/notes.txt", "team/piped.txt"]);
    expect(told).toMatch(/^size +24 bytes$/m);
    expect(printed).toBe("from a pipe\n");
    expect(readFileSync(local("got.txt"), "utf8")).toBe("ring the harbour master\n");
  });

  test("put -r and get -r take folders; the second time nothing is left to do", async () => {
    await ann.well("put", "-r", "photos", `${site.url}album/`);
    expect(readFileSync(remote("album/by sea/50% #1?.jpg"), "utf8")).toBe("mast");
    await ann.well("get", "-r", `${site.url}album/`, "down");
    expect(snapshot(local("down"))).toEqual(snapshot(local("photos")));
    expect(await ann.well("get", "-r", `${site.url}album/`, "down")).toContain("2 files the same already");
  });

  test("cp, mv and rm -r work on collections; rm wants -r for them", async () => {
    await ann.well("cp", `${site.url}album/`, `${site.url}backup/`);
    expect(readFileSync(remote("backup/by sea/50% #1?.jpg"), "utf8")).toBe("mast");
    await ann.well("mv", `${site.url}backup/`, `${site.url}moved/`);
    expect([existsSync(remote("backup")), existsSync(remote("moved/beach.jpg"))]).toEqual([false, true]);
    const refused = await ann.command("rm", `${site.url}moved/`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("rm -r");
    expect(existsSync(remote("moved/beach.jpg"))).toBe(true);
    await ann.well("rm", "-r", `${site.url}moved/`);
    expect(existsSync(remote("moved"))).toBe(false);
  });

  test("the exit codes tell what is the matter", async () => {
    const [missing, taken, unreachable, misused, fine] = await codes(
      ["get", `${site.url}nothing.txt`, "-"],
      ["mkdir", `${site.url}team/`],
      ["ls", "http://127.0.0.1:1/"],
      ["ls", "--no-such-option", site.url],
      ["rm", "-f", `${site.url}nothing.txt`],
    );
    expect({ missing, taken, unreachable, misused, fine }).toEqual({
      missing: 4,
      // It says that it made one.
      taken: server === "rclone" ? 0 : 8,
      unreachable: 6,
      misused: 2,
      fine: 0,
    });
    if (!can.overwriteF) return;
    const both = [`${site.url}team/notes.txt`, `${site.url}team/piped.txt`];
    expect(await codes(["cp", "--no-overwrite", ...both])).toEqual([8]);
    expect(readFileSync(remote("team/piped.txt"), "utf8")).toBe("from a pipe\n");
  });

  testIf(
    can.deadProperties === "markup" || can.deadProperties === "text",
    "properties with text",
    "props sets and tells",
    async () => {
      const name = "{urn:example:one}mood";
      await ann.well("props", `${site.url}team/notes.txt`, "--set", `${name}=glad = gay`);
      expect(await ann.well("props", `${site.url}team/notes.txt`, name)).toBe(`${name}  glad = gay\n`);
      expect(await codes(["props", `${site.url}team/notes.txt`, "{urn:example:two}mood"])).toEqual([4]);
    },
  );

  testIf(
    can.locks === "binding",
    "locks that bind",
    "what another has locked is in the way: 8, until it is unlocked",
    async () => {
      const url = `${site.url}team/piped.txt`;
      const token = (await ann.well("lock", url, "--owner", "ann")).trim();
      expect(await codes(["put", "notes.txt", url])).toEqual([8]);
      await ann.well("put", "notes.txt", url, "--lock-token", token);
      await ann.well("unlock", url, token);
      await ann.well("rm", url);
    },
  );

  describe("sync", () => {
    const up = ["sync", "photos"];
    test("up: a dry run tells and does nothing; then both are the same; --delete removes what is too much", async () => {
      const url = `${site.url}synced/`;
      const planned = await ann.well(...up, url, "--dry-run");
      expect(planned).toMatch(/^upload +by sea\/50% #1\?\.jpg \(4 B\)$/m);
      expect(existsSync(remote("synced"))).toBe(false);
      await ann.well(...up, url);
      expect(snapshot(remote("synced"))).toEqual(snapshot(local("photos")));
      expect(await ann.well(...up, url)).toContain("0 files (0 B), 2 files the same already");
      rmSync(local("photos/by sea"), { recursive: true });
      writeFileSync(local("photos/beach.jpg"), "sand and sun");
      await ann.well(...up, url);
      expect(existsSync(remote("synced/by sea/50% #1?.jpg"))).toBe(true);
      expect(readFileSync(remote("synced/beach.jpg"), "utf8")).toBe("sand and sun");
      expect(await ann.well(...up, url, "--delete", "--dry-run")).toMatch(/^delete +by sea/m);
      expect(existsSync(remote("synced/by sea"))).toBe(true);
      await ann.well(...up, url, "--delete");
      expect(snapshot(remote("synced"))).toEqual(snapshot(local("photos")));
    });

    test("down: the folder becomes like the collection, and loses the rest only with --delete", async () => {
      const url = `${site.url}album/`;
      mkdirSync(local("mirror"));
      writeFileSync(local("mirror/more.txt"), "more");
      expect(await ann.well("sync", url, "mirror", "--dry-run")).toMatch(/^download +beach\.jpg/m);
      expect(existsSync(local("mirror/beach.jpg"))).toBe(false);
      await ann.well("sync", url, "mirror");
      expect(readFileSync(local("mirror/by sea/50% #1?.jpg"), "utf8")).toBe("mast");
      expect(existsSync(local("mirror/more.txt"))).toBe(true);
      await ann.well("sync", url, "mirror", "--delete");
      expect(snapshot(local("mirror"))).toEqual(snapshot(remote("album")));
    });
  });
});
