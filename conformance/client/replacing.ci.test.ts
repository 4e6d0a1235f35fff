/** What the commands replace and delete, on every server: nothing that they were not told to. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { soak } from "../soak.ts";
import { snapshot } from "../tree.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { describeSites, type Site } from "./sites.ts";

describeSites("what is replaced on", ({ name: server, start }) => {
  let site: Site;
  let ann: CommandUser;
  beforeAll(async () => {
    site = await start();
    ann = commandUser(soak ? "shipped" : "within");
    await ann.well("mkdir", `${site.url}f/`, `${site.url}g/`);
    for (const path of ["notes.txt", "other.txt", "f/inner.txt", "g/deep.txt"])
      await ann.commandWith({ input: path }, "put", "-", site.url + path);
  });
  afterAll(async () => {
    ann?.leave();
    await site?.stop();
  });

  const remote = (path: string): string => join(site.folder, path);
  const local = (path: string): string => join(ann.home, path);
  const content = (path: string): string => readFileSync(remote(path), "utf8");
  const at = (path: string): string => site.url + path;

  test.each(["cp", "mv"])("%s of a file onto a folder goes into it, and replaces no folder", async (verb) => {
    await ann.well("cp", at("notes.txt"), at(`${verb}.txt`));
    await ann.well(verb, at(`${verb}.txt`), at("f"));
    expect([content("f/inner.txt"), content(`f/${verb}.txt`)]).toEqual(["f/inner.txt", "notes.txt"]);
    expect(existsSync(remote(`${verb}.txt`))).toBe(verb === "cp");
    const again = await ann.command("cp", at("notes.txt"), at(`f/${verb}.txt`));
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("replacing what was there")]);
  });

  test.each(["cp", "mv"])(
    "%s refuses a folder onto a folder, and onto a file, until --replace",
    async (verb) => {
      await ann.well("cp", at("g"), at(`${verb}-g`));
      const refusals: readonly (readonly [string, string])[] = [
        [`${verb}-g/`, "f/"],
        [`${verb}-g/`, "f"],
        [`${verb}-g`, "notes.txt"],
        ["f/", "f/in/"],
        ["f", "f"],
        ["f/inner.txt", "f"],
        ["f/inner.txt", "f/"],
      ];
      for (const [from, to] of refusals)
        expect([from, to, (await ann.command(verb, at(from), at(to))).code]).toEqual([from, to, 8]);
      expect([content("f/inner.txt"), content("notes.txt"), content(`${verb}-g/deep.txt`)]).toEqual([
        "f/inner.txt",
        "notes.txt",
        "g/deep.txt",
      ]);
      await ann.well("cp", at("f/"), at(`${verb}-target/`));
      await ann.well(verb, "--replace", at(`${verb}-g/`), at(`${verb}-target/`));
      // Lighttpd keeps what was there beside what comes.
      if (server === "lighttpd") expect(content(`${verb}-target/deep.txt`)).toBe("g/deep.txt");
      else expect(snapshot(remote(`${verb}-target`))).toEqual(snapshot(remote("g")));
      expect(existsSync(remote(`${verb}-g`))).toBe(verb === "cp");
    },
  );

  test("--no-overwrite replaces no file, also where the server does not heed Overwrite: F", async () => {
    expect((await ann.command("cp", "-n", at("notes.txt"), at("other.txt"))).code).toBe(8);
    expect(content("other.txt")).toBe("other.txt");
  });

  test("put goes into a folder, get into a folder here; both keep folders", async () => {
    writeFileSync(local("up.txt"), "up");
    await ann.well("put", "up.txt", at("g"));
    expect(content("g/up.txt")).toBe("up");
    expect((await ann.commandWith({ input: "x" }, "put", "-", at("g"))).code).toBe(8);
    mkdirSync(local("here/up.txt"), { recursive: true });
    expect((await ann.command("get", at("g/up.txt"), "here")).code).toBe(1);
    expect((await ann.command("get", at("g"), "x")).code).toBe(2);
    expect(statSync(local("here/up.txt")).isDirectory()).toBe(true);
    expect(await ann.well("get", at("g/up.txt"), "up.txt")).toContain("replacing what was there");
    expect(content("g/deep.txt")).toBe("g/deep.txt");
  });

  test("sync --delete: what was uploaded stays, whatever the names; two runs settle; kinds want --replace", async () => {
    const names = ["README.TXT", "e\u0301.txt", "name.", ".hidden", "a b", "x"];
    mkdirSync(local("tree/Dir."), { recursive: true });
    for (const name of names) writeFileSync(local(`tree/${name}`), `content of ${name}`);
    writeFileSync(local("tree/Dir./inner"), "inner");
    const sync = ["sync", "--delete", "tree", at("tree/")];
    for (const _ of [1, 2, 3]) {
      await ann.well(...sync);
      expect(snapshot(remote("tree"))).toEqual(snapshot(local("tree")));
    }
    expect(await ann.well(...sync)).toContain("0 files (0 B)");
    rmSync(local("tree/x"));
    mkdirSync(local("tree/x"));
    writeFileSync(local("tree/x/deep"), "deep");
    expect((await ann.command(...sync)).code).toBe(3);
    expect(content("tree/x")).toBe("content of x");
    await ann.well(...sync, "--replace");
    expect(snapshot(remote("tree"))).toEqual(snapshot(local("tree")));
    rmSync(local("tree/name."));
    await ann.well(...sync);
    expect(existsSync(remote("tree/name."))).toBe(false);
  });
});
