/** Names that have tripped servers and clients, through every verb that has a name in it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DavClient, Resource } from "@meanwhile/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostileNames } from "../tree.ts";
import { connect, describeSites, type Site } from "./sites.ts";

describeSites("hostile names on", ({ can, start }) => {
  let site: Site;
  let dav: DavClient;
  beforeAll(async () => {
    site = await start();
    dav = connect(new URL("base of all/", site.url));
    await connect(site.url).mkdir("base of all/");
    for (const collection of ["first/", "copies/", "moved/"]) await dav.mkdir(collection);
  });
  afterAll(async () => {
    await dav?.close();
    await site?.stop();
  });

  const names = hostileNames.filter((name) => !can.refusedNames.includes(name));
  const file = (collection: string, name: string) => join(site.folder, "base of all", collection, name);

  test("each is put, got, copied, moved and deleted under exactly its name", async () => {
    for (const name of names) {
      const content = `content of ${name}`;
      await dav.put(`first/${name}`, content).outcome;
      expect(readFileSync(file("first", name), "utf8"), name).toBe(content);
      expect(await new Response((await dav.get(`first/${name}`)).content).text(), name).toBe(content);
      await dav.copy(`first/${name}`, `copies/${name}`).outcome;
      expect(readFileSync(file("copies", name), "utf8"), name).toBe(content);
      await dav.move(`copies/${name}`, `moved/${name}`).outcome;
      expect(readFileSync(file("moved", name), "utf8"), name).toBe(content);
      expect(existsSync(file("copies", name)), name).toBe(false);
      await dav.delete(`moved/${name}`).outcome;
      expect(existsSync(file("moved", name)), name).toBe(false);
    }
  });

  test("each is listed under its name, and its URL leads to it", async () => {
    const listed = new Map<string, Resource>();
    for await (const member of dav.list("first/")) listed.set(member.name, member);
    const shown = names.filter((name) => !can.hiddenNames.includes(name));
    for (const name of shown) {
      const member = listed.get(name);
      expect(member?.path, name).toBe(`first/${name}`);
      expect(await new Response((await dav.get(member?.url ?? "")).content).text()).toBe(
        `content of ${name}`,
      );
      expect((await dav.stat(member?.url ?? "")).name).toBe(name);
    }
  });
});
