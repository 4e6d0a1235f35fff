/** A 207 that reports failures is no success (RFC 4918 §9.6.1, §13): the client lists the members that failed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DavClient, MultistatusError } from "@meanwhile/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, testWith } from "../judge.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { connect, type Site, siteKinds } from "./sites.ts";

/** Makes a file that not even root may delete. Not every file system and not every user can. */
function fix(path: string, fixed: boolean): boolean {
  return spawnSync("chattr", [fixed ? "+i" : "-i", path], { stdio: "pipe" }).status === 0;
}

/** What these answer a DELETE with whose member cannot be deleted is a 207. The others fail as a whole, or worse. */
const tellOfMembers = siteKinds.filter(({ name }) =>
  ["Meanwhile", "Apache", "lighttpd", "nephele"].includes(name),
);

for (const kind of tellOfMembers) {
  describeWith(kind.judges, `a member that cannot be deleted on ${kind.name}`, () => {
    let site: Site;
    let dav: DavClient;
    let ann: CommandUser;
    beforeAll(async () => {
      site = await kind.start();
      dav = connect(site.url);
      ann = commandUser();
      mkdirSync(join(site.folder, "tree/sub"), { recursive: true });
      for (const name of ["tree/a.txt", "tree/sub/fixed #1.txt"]) writeFileSync(join(site.folder, name), "x");
      site.own();
      fix(join(site.folder, "tree/sub/fixed #1.txt"), true);
    });
    afterAll(async () => {
      if (site) fix(join(site.folder, "tree/sub/fixed #1.txt"), false);
      ann?.leave();
      await dav?.close();
      await site?.stop();
    });

    testWith(["chattr"], "rejects the outcome with that member", async () => {
      const error = await dav.delete("tree/").outcome.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(MultistatusError);
      const failed = (error as MultistatusError).failed.filter(({ status }) => status !== 424);
      expect(failed.map(({ url }) => decodeURIComponent(url.pathname))).toContain("/tree/sub/fixed #1.txt");
      expect(existsSync(join(site.folder, "tree/sub/fixed #1.txt"))).toBe(true);
    });

    testWith(["chattr"], "ends the command with 3, and names it", async () => {
      const { code, stderr } = await ann.command("rm", "-r", `${site.url}tree/`);
      expect(code).toBe(3);
      expect(stderr).toContain("fixed #1.txt");
    });
  });
}

for (const kind of siteKinds.filter(({ name }) => name === "Meanwhile" || name === "nephele")) {
  describeWith(kind.judges, `a locked member on ${kind.name}`, () => {
    test("stays, with its collection, and is named with 423 (RFC 4918 §9.6.1)", async () => {
      const site = await kind.start();
      const holder = connect(site.url);
      const other = connect(site.url);
      try {
        await holder.mkdir("tree/");
        await holder.put("tree/locked.txt", "locked").outcome;
        await holder.put("tree/free.txt", "free").outcome;
        const lock = await holder.lock("tree/locked.txt", { depth: "0", owner: "ann" });
        const error = await other.delete("tree/").outcome.catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(MultistatusError);
        const [failed] = (error as MultistatusError).failed;
        expect([failed?.url.pathname, failed?.status]).toEqual(["/tree/locked.txt", 423]);
        expect(existsSync(join(site.folder, "tree/locked.txt"))).toBe(true);
        // Its holder may.
        await holder.delete("tree/").outcome;
        expect(existsSync(join(site.folder, "tree"))).toBe(false);
        expect(lock.lost.aborted).toBe(true);
      } finally {
        await holder.close();
        await other.close();
        await site.stop();
      }
    });
  });
}
