/** Locks, rights, conditions and transfers hold in every spelling of a name. */
import { parsePath } from "@meanwhile/dav";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { foldingTree } from "../testing/own/folding-tree.ts";
import { lockInfo, lockRoots, plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { at, contentOf, etagOf, membersOf, plant, property } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const forms = [
  { name: "case", form: (name: string) => name.toLowerCase(), respell: (name: string) => name.toUpperCase() },
  {
    name: "composition",
    form: (name: string) => name.normalize("NFC"),
    respell: (name: string) => name.normalize("NFD"),
  },
];

describe.each(forms)("where the $name of names does not matter", ({ form, respell }) => {
  const folder = "/f\u00f6lder";
  const file = `${folder}/m\u00e9mo`;
  const other = encodeURI(respell(file));

  async function open(options: ServeOptions = {}): Promise<Served> {
    const memory = createMemoryTree();
    await plant(memory, `${folder}/`, file, `${folder}/sub/`, "/s");
    const server = await serve({ ...options, tree: foldingTree(memory, form) });
    servers.push(server);
    return { ...server, tree: memory };
  }

  test.each(["PUT", "DELETE", "LOCK", "PROPPATCH", "MOVE"])(
    "a lock holds against %s (§7)",
    async (method) => {
      const { ask, tree, locks } = await open();
      await plantLock(locks, file);
      const body = method === "LOCK" ? lockInfo() : method === "PUT" ? "new" : "";
      const patch =
        '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x/></D:prop></D:set></D:propertyupdate>';
      const fields = method === "MOVE" ? { Destination: "/elsewhere" } : {};
      const answer = await ask(method, other, fields, method === "PROPPATCH" ? patch : body);
      expect(answer.status).toBe(423);
      expect(await contentOf(tree, at(file))).toBe(file);
    },
  );

  test("the lock's token opens every spelling", async () => {
    const { ask, tree, locks } = await open();
    const { token } = await plantLock(locks, file);
    expect((await ask("PUT", other, submit({ [other]: token }), "new")).status).toBe(204);
    expect((await ask("PUT", other, submit({ [encodeURI(file)]: token }), "newer")).status).toBe(204);
    expect(await contentOf(tree, at(file))).toBe("newer");
  });

  test("a lock on a collection holds for members of every spelling of it", async () => {
    const { ask, locks } = await open();
    await plantLock(locks, folder);
    expect((await ask("PUT", `${encodeURI(respell(folder))}/new`, {}, "new")).status).toBe(423);
    expect((await ask("COPY", "/s", { Destination: `${encodeURI(respell(folder))}/new` })).status).toBe(423);
    expect((await ask("COPY", "/s", { Destination: other })).status).toBe(423);
  });

  test("rights hold", async () => {
    const { ask, tree } = await open({ access: rights({ "/": "rw", [folder]: "r", [file]: "w" }) });
    expect((await ask("PUT", `${encodeURI(respell(folder))}/new`, {}, "new")).status).toBe(403);
    expect((await ask("GET", other)).status).toBe(403);
    expect([...(await membersOf(tree, at(folder))).keys()]).not.toContain("new");
  });

  test("conditions hold", async () => {
    const { ask, tree } = await open();
    const tag = await etagOf(tree, at(file));
    const untrue = { If: `<http://files.example${other}> (["no"])` };
    expect((await ask("PUT", "/s", untrue, "new")).status).toBe(412);
    expect((await ask("PUT", other, { "If-None-Match": "*" }, "new")).status).toBe(412);
    expect((await ask("PUT", other, { "If-Match": tag }, "new")).status).toBe(204);
    expect((await ask("MKCOL", encodeURI(respell(folder)))).status).toBe(405);
  });

  test("a MOVE to another spelling renames, whatever Overwrite says, and ends the lock (§9.9)", async () => {
    for (const overwrite of ["T", "F"]) {
      const { ask, tree, locks } = await open();
      const lock = await plantLock(locks, folder);
      const destination = respell(folder);
      const fields = {
        Destination: encodeURI(destination),
        Overwrite: overwrite,
        ...submit({ [encodeURI(folder)]: lock.token }),
      };
      expect((await ask("MOVE", `${encodeURI(folder)}/`, fields)).status).toBe(201);
      expect([...(await membersOf(tree, at("/"))).keys()].sort()).toEqual(["s", destination.slice(1)].sort());
      const kept = await tree.properties(at(`${destination}${file.slice(folder.length)}`));
      expect(kept).toEqual([property("planted", file)]);
      expect(await lockRoots(locks)).toEqual([]);
    }
  });

  test("a collection is not copied or moved into itself, nor a resource onto itself", async () => {
    const { ask, tree } = await open();
    const own = encodeURI(respell(folder));
    expect((await ask("COPY", `${own}/`, { Destination: `${encodeURI(folder)}/sub/` })).status).toBe(403);
    expect((await ask("COPY", `${encodeURI(folder)}/`, { Destination: `${own}/sub/new/` })).status).toBe(403);
    expect((await ask("MOVE", `${encodeURI(folder)}/`, { Destination: `${own}/new/` })).status).toBe(403);
    expect((await ask("COPY", encodeURI(file), { Destination: other })).status).toBe(403);
    expect([...(await membersOf(tree, at(folder))).keys()].sort()).toEqual(["m\u00e9mo", "sub"]);
    expect(await tree.lookup(parsePath(encodeURI(file)))).toBeDefined();
  });
});
