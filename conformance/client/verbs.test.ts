/** Every verb of the client, on every server that can do it. */
import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type DavClient, HttpError, MultistatusError, type Resource } from "@meanwhile/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, describeSites, type Site, testIf } from "./sites.ts";

const one = { namespace: "urn:example:one", local: "mood" };
const two = { namespace: "http://example.net/two/", local: "mood" };

describeSites("the client's verbs on", (kind) => {
  const { can } = kind;
  let site: Site;
  let dav: DavClient;
  /** Somebody else, who has none of our locks. */
  let other: DavClient;
  beforeAll(async () => {
    site = await kind.start();
    dav = connect(site.url);
    other = connect(site.url);
  });
  afterAll(async () => {
    await dav?.close();
    await other?.close();
    await site?.stop();
  });

  const onDisk = (path: string): string => readFileSync(join(site.folder, path), "utf8");
  const textOf = async (...args: Parameters<DavClient["get"]>): Promise<string> =>
    new Response((await dav.get(...args)).content).text();
  const statusOf = (work: Promise<unknown>): Promise<number> =>
    work.then(
      () => 0,
      (error) => (error instanceof HttpError ? error.status : Promise.reject(error)),
    );

  async function all(members: AsyncIterable<Resource>): Promise<readonly Resource[]> {
    const found: Resource[] = [];
    for await (const member of members) found.push(member);
    return found;
  }
  const pathsOf = async (members: AsyncIterable<Resource>): Promise<readonly string[]> =>
    (await all(members)).map(({ path }) => path).sort();

  describe("content", () => {
    test("put of text creates, then replaces; get gives all of it, or a range (RFC 9110 §9.3.4, §14)", async () => {
      expect(await dav.put("a.txt", "alpha").outcome).toMatchObject({ created: true, status: 201 });
      expect(onDisk("a.txt")).toBe("alpha");
      expect((await dav.put("a.txt", "alphabet").outcome).status).toBeLessThan(300);
      expect(await textOf("a.txt")).toBe("alphabet");
      expect(await textOf("a.txt", { range: { start: 1, end: 2 } })).toBe("lp");
      expect(await textOf("a.txt", { range: { start: 5 } })).toBe("bet");
      const whole = await dav.get("a.txt");
      expect([whole.length, whole.total]).toEqual([8, 8]);
      await whole.content.cancel();
      expect(await statusOf(dav.get("missing.txt"))).toBe(404);
    });

    test("put of a stream whose length nobody knows, and of bytes, is whole", async () => {
      const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 50_000) controller.enqueue(bytes.slice(at, at + 50_000));
          controller.close();
        },
      });
      await dav.put("stream.bin", stream).outcome;
      await dav.put("bytes.bin", bytes).outcome;
      await dav.put("empty.bin", new Uint8Array(0)).outcome;
      for (const name of ["stream.bin", "bytes.bin"]) {
        expect(Buffer.compare(readFileSync(join(site.folder, name)), bytes), name).toBe(0);
        const got = new Uint8Array(await new Response((await dav.get(name)).content).arrayBuffer());
        expect(Buffer.compare(got, bytes), name).toBe(0);
      }
      expect(await textOf("empty.bin")).toBe("");
    });

    testIf(
      can.conditions,
      "conditions",
      "If-Match and If-None-Match are kept to (RFC 9110 §13.1)",
      async () => {
        await dav.put("held.txt", "first").outcome;
        // Of what was just changed some have but a weak entity tag, which matches nothing (RFC 9110 §8.8.1).
        utimesSync(join(site.folder, "held.txt"), new Date(2026, 0), new Date(2026, 0));
        const { etag = "" } = await dav.get("held.txt").then(async (download) => {
          await download.content.cancel();
          return download;
        });
        expect(etag).not.toBe("");
        expect(await statusOf(dav.put("held.txt", "no", { ifNoneMatch: "*" }).outcome)).toBe(412);
        expect(await statusOf(dav.put("held.txt", "no", { ifMatch: '"another"' }).outcome)).toBe(412);
        expect(onDisk("held.txt")).toBe("first");
        expect((await dav.put("held.txt", "second", { ifMatch: etag }).outcome).created).toBe(false);
        expect(onDisk("held.txt")).toBe("second");
      },
    );
  });

  describe("collections", () => {
    beforeAll(async () => {
      await dav.mkdir("c/");
      await dav.put("c/e.txt", "e").outcome;
      await dav.mkdir("c/deep/");
      await dav.put("c/deep/f.txt", "four").outcome;
    });

    test("mkdir makes one, and says where it cannot (RFC 4918 §9.3.1)", async () => {
      expect(existsSync(join(site.folder, "c/deep"))).toBe(true);
      // rclone says that it made one.
      if (kind.name !== "rclone") expect(await statusOf(dav.mkdir("c/"))).toBe(405);
      // nginx tells of a missing parent otherwise.
      expect(await statusOf(dav.mkdir("no/where/"))).toBeGreaterThanOrEqual(404);
      expect(existsSync(join(site.folder, "no"))).toBe(false);
    });

    test("stat tells kind, length and time; exists tells whether", async () => {
      const document = await dav.stat("c/deep/f.txt");
      expect(document).toMatchObject({ path: "c/deep/f.txt", name: "f.txt", collection: false, length: 4 });
      expect(Math.abs((document.modified?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
      const collection = await dav.stat("c/");
      expect(collection).toMatchObject({ path: "c/", name: "c", collection: true });
      expect(await dav.stat("")).toMatchObject({ path: "", collection: true });
      // Without the slash, too: some redirect.
      expect((await dav.stat("c")).collection).toBe(true);
      expect(await dav.exists("c/e.txt")).toBe(true);
      expect(await dav.exists("c/no.txt")).toBe(false);
      expect(await statusOf(dav.stat("missing.txt"))).toBe(404);
    });

    test("list gives the members, and with infinity all below, walked where the server refuses (RFC 4918 §9.1)", async () => {
      expect(await pathsOf(dav.list("c/"))).toEqual(["c/deep/", "c/e.txt"]);
      expect(await pathsOf(dav.list("c/", { depth: "infinity" }))).toEqual([
        "c/deep/",
        "c/deep/f.txt",
        "c/e.txt",
      ]);
      expect(await pathsOf(dav.list("c/deep"))).toEqual(["c/deep/f.txt"]);
      const [document] = await all(dav.list("c/deep/"));
      expect(document).toMatchObject({ name: "f.txt", collection: false, length: 4 });
      expect(await statusOf(all(dav.list("missing/")))).toBe(404);
    });

    test("copy and move take collections whole; delete removes them (RFC 4918 §9.6, §9.8, §9.9)", async () => {
      expect((await dav.copy("c/", "copied/").outcome).status).toBeLessThan(300);
      expect(onDisk("copied/deep/f.txt")).toBe("four");
      expect(onDisk("c/deep/f.txt")).toBe("four");
      await dav.move("copied/", "moved/").outcome;
      expect(onDisk("moved/deep/f.txt")).toBe("four");
      expect(existsSync(join(site.folder, "copied"))).toBe(false);
      await dav.delete("moved/").outcome;
      expect(existsSync(join(site.folder, "moved"))).toBe(false);
      expect(await statusOf(dav.delete("moved/").outcome)).toBe(404);
    });

    test("copy and move of a document; over another one, too", async () => {
      await dav.put("from.txt", "from").outcome;
      await dav.put("to.txt", "to").outcome;
      expect((await dav.copy("from.txt", "new.txt").outcome).status).toBeLessThan(300);
      await dav.copy("from.txt", "to.txt").outcome;
      expect([onDisk("new.txt"), onDisk("to.txt"), onDisk("from.txt")]).toEqual(["from", "from", "from"]);
      await dav.put("from.txt", "changed").outcome;
      await dav.move("from.txt", "to.txt").outcome;
      expect(onDisk("to.txt")).toBe("changed");
      expect(existsSync(join(site.folder, "from.txt"))).toBe(false);
      await dav.delete("new.txt").outcome;
      expect(await dav.exists("new.txt")).toBe(false);
    });

    testIf(can.overwriteF, "Overwrite: F", "overwrite: false replaces nothing (RFC 4918 §10.6)", async () => {
      await dav.put("kept.txt", "kept").outcome;
      for (const verb of ["copy", "move"] as const) {
        expect(await statusOf(dav[verb]("a.txt", "kept.txt", { overwrite: false }).outcome), verb).toBe(412);
      }
      expect(onDisk("kept.txt")).toBe("kept");
    });

    testIf(
      can.depth0,
      "COPY with Depth: 0",
      "copy with depth 0 leaves the members out (RFC 4918 §9.8.3)",
      async () => {
        await dav.copy("c/", "shallow/", { depth: "0" }).outcome;
        expect(readdirSync(join(site.folder, "shallow"))).toEqual([]);
      },
    );
  });

  describe("locks", () => {
    // Nephele wants one.
    const owner = "ann & co";

    test("a lock is taken, refreshed without content, and freed (RFC 4918 §9.10, §9.10.2, §9.11)", async () => {
      await dav.put("locked.txt", "locked").outcome;
      const lock = await dav.lock("locked.txt", { depth: "0", timeoutSeconds: 120, owner });
      expect(lock.token).not.toBe("");
      expect(lock.root.pathname).toBe("/locked.txt");
      await lock.refresh();
      if (can.locks === "binding") {
        expect(await statusOf(other.put("locked.txt", "no").outcome)).toBe(423);
        expect(await statusOf(other.lock("locked.txt", { depth: "0", owner }))).toBe(423);
        await dav.put("locked.txt", "by its holder").outcome;
        expect(onDisk("locked.txt")).toBe("by its holder");
      }
      await lock.unlock();
      expect(lock.lost.aborted).toBe(true);
      await other.put("locked.txt", "free").outcome;
      expect(onDisk("locked.txt")).toBe("free");
    });

    testIf(can.sharedLocks, "shared locks", "two hold a shared lock (RFC 4918 §6.2)", async () => {
      await dav.put("shared.txt", "shared").outcome;
      const mine = await dav.lock("shared.txt", { scope: "shared", depth: "0", owner });
      const theirs = await other.lock("shared.txt", { scope: "shared", depth: "0", owner });
      expect(theirs.token).not.toBe(mine.token);
      await theirs.unlock();
      await mine.unlock();
    });

    testIf(
      can.locks === "binding",
      "locks that bind",
      "a token of which nothing but itself is known frees its lock",
      async () => {
        await dav.put("token.txt", "token").outcome;
        const lock = await dav.lock("token.txt", { depth: "0", refresh: false, owner });
        await other.unlock("token.txt", lock.token);
        await other.put("token.txt", "free").outcome;
        expect(onDisk("token.txt")).toBe("free");
      },
    );
  });

  describe("properties", () => {
    test("the names of live ones, and those that are not there, each with its status (RFC 4918 §9.1)", async () => {
      const named = await dav.properties("c/e.txt", "names");
      expect(named.map(({ name }) => name.local)).toContain("getlastmodified");
      const absent = { namespace: "urn:example:absent", local: "nothing" };
      const found = await dav.properties("c/e.txt", [
        absent,
        { namespace: "DAV:", local: "getcontentlength" },
      ]);
      const length = found.find(({ name }) => name.local === "getcontentlength");
      expect([length?.status, length?.text]).toEqual([200, "1"]);
      // Some leave out what they have not.
      if (!["nginx", "webdav-server"].includes(kind.name))
        expect(found.find(({ name }) => name.local === "nothing")?.status).toBe(404);
    });

    if (can.deadProperties === "none") {
      test("a server that stores none is an error, not a success (RFC 4918 §9.2)", async () => {
        const error = await dav
          .patchProperties("c/e.txt", [{ set: one, text: "glad" }])
          .catch((caught) => caught);
        expect(error instanceof MultistatusError || error instanceof HttpError).toBe(true);
        if (error instanceof MultistatusError) {
          expect(error.failed.map(({ status, property }) => [status, property])).toEqual([[403, one]]);
        } else expect(error.status).toBe(405);
      });
    } else {
      testIf(
        can.deadProperties !== "renamed",
        "namespaces of properties",
        "of the same local name in two namespaces are two (RFC 4918 §4.4)",
        async () => {
          await dav.patchProperties("c/e.txt", [
            { set: one, text: "glad & <gay>", lang: "en" },
            { set: two, text: "\u{1f680} other" },
          ]);
          // Nephele tells only one of them, where both are asked for.
          const asked = kind.name === "nephele" ? [[one], [two]] : [[one, two]];
          const found = (await Promise.all(asked.map((names) => dav.properties("c/e.txt", names)))).flat();
          const tell = (wanted: typeof one) =>
            found
              .filter(({ name }) => name.namespace === wanted.namespace && name.local === wanted.local)
              .map(({ status, text }) => [status, text]);
          expect(tell(one)).toEqual([[200, "glad & <gay>"]]);
          expect(tell(two)).toEqual([[200, "\u{1f680} other"]]);
          await dav.patchProperties("c/e.txt", [{ remove: one }]);
          const [after] = await dav.properties("c/e.txt", [one]);
          expect(after?.status).toBe(404);
          expect((await dav.properties("c/e.txt", [two]))[0]?.text).toBe("\u{1f680} other");
        },
      );

      testIf(
        can.deadProperties === "markup",
        "markup in properties",
        "markup in a value comes back as it was",
        async () => {
          const xml = '<x:mood xmlns:x="urn:example:one">a <x:b c="d"/> e</x:mood>';
          await dav.patchProperties("c/e.txt", [{ set: one, xml }]);
          const [found] = await dav.properties("c/e.txt", [one]);
          // Nephele puts texts before elements.
          expect(found?.xml).toMatch(/<\w+:b [^>]*c=["']d["']/);
          expect(found?.text.replaceAll(/\s+/g, "")).toBe("ae");
          expect(found?.xml).toContain('"urn:example:one"');
        },
      );
    }

    // lighttpd says that it did; webdav-server ends.
    const refusesLive = !["lighttpd", "webdav-server"].includes(kind.name);
    testIf(
      refusesLive,
      "a refusal of live properties",
      "a live one cannot be set: that is an error (RFC 4918 §9.2)",
      async () => {
        const work = dav.patchProperties("c/e.txt", [
          { set: { namespace: "urn:example:one", local: "late" }, text: "never" },
          { set: { namespace: "DAV:", local: "getetag" }, text: "x" },
        ]);
        const error = await work.catch((caught) => caught);
        expect(error instanceof MultistatusError || error instanceof HttpError).toBe(true);
      },
    );

    test("quota is told where the server knows it (RFC 4331)", async () => {
      const { used, available } = await dav.quota("");
      expect(available !== undefined).toBe(can.quota);
      for (const bytes of [used, available]) if (bytes !== undefined) expect(bytes).toBeGreaterThanOrEqual(0);
    });

    test("capabilities are told; ours keeps answers, no other says so (RFC 4918 §10.1)", async () => {
      const { classes, allow, keepsAnswers } = await dav.capabilities();
      expect(keepsAnswers).toBe(kind.name === "Meanwhile");
      expect(classes).toContain("2");
      expect(allow.map((method) => method.toUpperCase())).toContain("PROPFIND");
    });
  });
});
