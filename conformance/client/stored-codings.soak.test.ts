/** Apache that names a coding for stored files (AddEncoding): their bytes are what was put. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { apache } from "../peers/apache.mjs";
import { startPeer } from "../peers/peer.mjs";
import { type CommandUser, commandUser } from "./command.ts";

const encoding = [
  "TypesConfig /dev/null",
  "AddType application/x-tar .tgz .gz",
  "AddEncoding x-gzip .tgz .gz",
];

describeWith(["apache"], "files that have a coding of their own", () => {
  let site: Awaited<ReturnType<typeof startPeer>>;
  let ann: CommandUser;
  const bytes = gzipSync("harbour ".repeat(10_000));
  beforeAll(async () => {
    site = await startPeer(apache(undefined, encoding));
    ann = commandUser("shipped");
    mkdirSync(join(ann.home, "tree"));
    for (const name of ["a.tgz", "b.gz", "plain.txt"]) writeFileSync(join(ann.home, "tree", name), bytes);
    // It is none, whatever its name says.
    writeFileSync(join(ann.home, "tree", "false.gz"), "no gzip");
  });
  afterAll(async () => {
    ann?.leave();
    await site?.stop();
  });

  test("go up and come down as they are, and nothing is sent twice", async () => {
    const url = `${site.url}tree/`;
    await ann.well("put", "-r", "tree", url);
    expect(await ann.well("sync", "--delete", "tree", url)).toContain("4 files the same already");
    await ann.well("get", "-r", url, "back");
    await ann.well("get", `${url}a.tgz`, "single.tgz");
    expect(await ann.well("stat", `${url}a.tgz`)).toContain(new Intl.NumberFormat("en").format(bytes.length));
    for (const path of ["back/a.tgz", "back/b.gz", "back/plain.txt", "single.tgz"])
      expect(readFileSync(join(ann.home, path)).equals(bytes), path).toBe(true);
    expect(readFileSync(join(ann.home, "back/false.gz"), "utf8")).toBe("no gzip");
    expect(await ann.well("sync", url, "back")).toContain("4 files the same already");
    await ann.well("rm", `${url}a.tgz`, `${url}false.gz`);
    expect(await ann.well("ls", url)).toBe("b.gz\nplain.txt\n");
  });
});
