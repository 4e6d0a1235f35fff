import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { hostileNames } from "../tree.ts";
import { judgesOf } from "./judges-of.ts";
import { type Abilities, startPeer } from "./peer.mjs";
import { peers } from "./peers.mjs";

type Peer = Awaited<ReturnType<typeof startPeer>>;

const xml = { "Content-Type": "application/xml" };
const lockInfo = (scope: "exclusive" | "shared") =>
  `<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>ann</D:owner></D:lockinfo>`;
const mood =
  '<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:mood xmlns:x="http://example.net/ns/">a <x:b/> c</x:mood></D:prop></D:set></D:propertyupdate>';
const wanted =
  '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><x:mood xmlns:x="http://example.net/ns/"/><D:quota-available-bytes/></D:prop></D:propfind>';

for (const peer of peers) {
  describeWith(judgesOf(peer), `the peer ${peer.name}`, () => {
    let site: Peer;
    beforeAll(async () => {
      site = await startPeer(peer);
    });
    afterAll(() => site?.stop());

    async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
      const content = body === undefined ? {} : { body };
      const response = await fetch(site.url + path, { method, headers, ...content });
      return { status: response.status, fields: response.headers, text: await response.text() };
    }
    const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;
    const to = (path: string) => ({ Destination: site.url + path });

    test("serves its folder: writes, reads, lists, copies, moves and deletes there", async () => {
      expect(await statusOf("PUT", "a.txt", {}, "alpha")).toBe(201);
      expect(readFileSync(join(site.folder, "a.txt"), "utf8")).toBe("alpha");
      expect((await ask("GET", "a.txt")).text).toBe("alpha");
      expect((await ask("GET", "a.txt", { Range: "bytes=1-2" })).text).toBe("lp");
      expect(await statusOf("HEAD", "a.txt")).toBe(200);
      expect(await statusOf("MKCOL", "c/")).toBe(201);
      expect(await statusOf("PUT", "c/e.txt", {}, "e")).toBe(201);
      for (const depth of ["0", "1"]) {
        const { status, text } = await ask("PROPFIND", "c/", { Depth: depth });
        expect([status, text.includes("e.txt")]).toEqual([207, depth === "1"]);
      }
      expect(await statusOf("COPY", "c/", to("copied/"))).toBeLessThan(300);
      expect(await statusOf("MOVE", "copied/", to("moved/"))).toBeLessThan(300);
      expect(readdirSync(join(site.folder, "moved"))).toContain("e.txt");
      expect(existsSync(join(site.folder, "copied"))).toBe(false);
      expect(await statusOf("DELETE", "moved/")).toBeLessThan(300);
      expect(existsSync(join(site.folder, "moved"))).toBe(false);
    });

    test("can do what is said of it", async () => {
      const found: Omit<Abilities, "refusedNames" | "hiddenNames"> = {
        infinity: await listsAll(),
        depth0: await copiesShallowly(),
        overwriteF: await keepsWhatIsThere(),
        conditions: await keepsConditions(),
        contentRange: await partOfContent(),
        deadProperties: await keptOfMood(),
        locks: await kindOfLocks(),
        sharedLocks: await locksTwice(),
        quota: await knowsQuota(),
      };
      expect(peer.can).toMatchObject(found);
    });

    test("takes and lists hostile names, but for those that are said", async () => {
      await ask("MKCOL", "hostile/");
      const refused: string[] = [];
      for (const name of hostileNames) {
        const put = await statusOf("PUT", `hostile/${encodeURIComponent(name)}`, {}, "x");
        if (put > 299 || !existsSync(join(site.folder, "hostile", name))) refused.push(name);
      }
      const { text } = await ask("PROPFIND", "hostile/", { Depth: "1" });
      const listed = new Set(
        [...text.matchAll(/<(?:\w+:)?href[^>]*>([^<]*)</gi)].map(([, href = ""]) =>
          decodeURIComponent(new URL(href.replaceAll("&amp;", "&"), site.url).pathname.split("/")[2] ?? ""),
        ),
      );
      const hidden = hostileNames.filter((name) => !listed.has(name) && !refused.includes(name));
      expect({ refused, hidden }).toEqual({
        refused: peer.can.refusedNames,
        hidden: peer.can.hiddenNames,
      });
    });

    async function listsAll() {
      const { status, text } = await ask("PROPFIND", "", { Depth: "infinity" });
      expect([207, 403]).toContain(status);
      return status === 207 && text.includes("e.txt");
    }

    async function copiesShallowly() {
      expect(await statusOf("COPY", "c/", { ...to("shallow/"), Depth: "0" })).toBe(201);
      return readdirSync(join(site.folder, "shallow")).length === 0;
    }

    async function keepsWhatIsThere() {
      await ask("PUT", "there.txt", {}, "there");
      const statuses: number[] = [];
      for (const method of ["COPY", "MOVE"]) {
        statuses.push(await statusOf(method, "a.txt", { ...to("there.txt"), Overwrite: "F" }));
      }
      return statuses.every((status) => status === 412);
    }

    async function keepsConditions() {
      const statuses = [
        await statusOf("PUT", "there.txt", { "If-None-Match": "*" }, "there"),
        await statusOf("PUT", "there.txt", { "If-Match": '"other"' }, "there"),
      ];
      const { fields } = await ask("GET", "there.txt");
      return fields.has("etag") && statuses.every((status) => status === 412);
    }

    async function partOfContent() {
      await ask("PUT", "part.txt", {}, "0123456789");
      await ask("PUT", "part.txt", { "Content-Range": "bytes 2-3/10" }, "XX");
      const { text } = await ask("GET", "part.txt");
      return text === "01XX456789" ? "applied" : text === "XX" ? "taken for all" : "refused";
    }

    async function keptOfMood() {
      await ask("PROPPATCH", "there.txt", xml, mood);
      const { text } = await ask("PROPFIND", "there.txt", { ...xml, Depth: "0" }, wanted);
      const value = /mood(?:\s[^>]*[^/])?>(.+?)<\/(?:\w+:)?mood>/s.exec(text)?.[1];
      if (value === undefined) return "none";
      if (!text.includes('"http://example.net/ns/"') || text.includes('"http://example.net/ns:"'))
        return "renamed";
      return /<(\w+:)?b[ />]/.test(value) ? "markup" : "text";
    }

    async function kindOfLocks() {
      const locked = await ask("LOCK", "there.txt", { ...xml, Depth: "0" }, lockInfo("exclusive"));
      const token = (locked.fields.get("lock-token") ?? "").replace(/^<?(.*?)>?$/, "<$1>");
      const refreshed = await statusOf("LOCK", "there.txt", { If: `(${token})`, Timeout: "Second-120" });
      expect([locked.status, refreshed]).toEqual([200, 200]);
      const without = await statusOf("PUT", "there.txt", {}, "without");
      if (without === 423) {
        expect(await statusOf("PUT", "there.txt", { If: `(${token})` }, "with")).toBeLessThan(300);
      }
      expect(await statusOf("UNLOCK", "there.txt", { "Lock-Token": token })).toBe(204);
      expect(await statusOf("PUT", "there.txt", {}, "unlocked")).toBeLessThan(300);
      return without === 423 ? "binding" : "advisory";
    }

    async function locksTwice() {
      const first = await statusOf("LOCK", "part.txt", { ...xml, Depth: "0" }, lockInfo("shared"));
      const second = await statusOf("LOCK", "part.txt", { ...xml, Depth: "0" }, lockInfo("shared"));
      return first === 200 && second === 200;
    }

    async function knowsQuota() {
      const { text } = await ask("PROPFIND", "", { ...xml, Depth: "0" }, wanted);
      return /quota-available-bytes>\d/.test(text);
    }
  });
}
