import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav/path";
import { open } from "lmdb";
import { describe, expect, onTestFinished, test } from "vitest";
import { DeadProperties } from "./dead-properties.ts";
import { makeFolder, makeTestDisk } from "./test-disk.ts";
import { WriteQueue } from "./write-queue.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const propertyOf = (value: string) => ({
  name: { namespace: "urn:example", local: "a" },
  xml: `<a xmlns="urn:example">${value}</a>`,
});

function makeProperties(maxBytes = 1000) {
  const database = open({ path: makeFolder().state, maxDbs: 32, noSubdir: false });
  onTestFinished(() => database.close());
  const queue = new WriteQueue(database);
  const properties = new DeadProperties({ database, queue, maxBytes });
  return {
    properties,
    set: (path: string, value = path) =>
      properties.patch(at(path), "document", [{ action: "set", property: propertyOf(value) }]),
    get: (path: string) => properties.read(at(path), "document").map(({ xml }) => />(.*)</.exec(xml)?.[1]),
    /** How many records there are, in all. */
    records: () => {
      const names = ["property-names", "properties", "property-remains"];
      return names.map((name) => database.openDB({ name }).getKeysCount());
    },
  };
}

describe("dead properties", () => {
  test("of a tree move in one step, and leave nothing", async () => {
    const { properties, set, get, records } = makeProperties();
    await set("/a/b/c");
    await set("/a/b");
    await set("/z/old");
    await properties.move(at("/a"), at("/z"));
    expect([get("/z/b/c"), get("/z/b"), get("/z/old"), get("/a/b/c")]).toEqual([
      ["/a/b/c"],
      ["/a/b"],
      [],
      [],
    ]);
    await properties.settled();
    expect(records()).toEqual([3, 2, 0]);
  });

  test("of a tree are copied but for what was left out, and replace what was there", async () => {
    const { properties, set, get } = makeProperties();
    for (const path of ["/a", "/a/b", "/a/b/c", "/a/d", "/z/old"]) await set(path);
    await properties.copy(at("/a"), at("/z"), { depth: "infinity", left: new Set([at("/a/b")]) });
    expect([get("/z"), get("/z/d"), get("/z/b"), get("/z/b/c"), get("/z/old")]).toEqual([
      ["/a"],
      ["/a/d"],
      [],
      [],
      [],
    ]);
    expect(get("/a/b/c")).toEqual(["/a/b/c"]);
    await properties.copy(at("/a"), at("/flat"), { depth: "0", left: new Set() });
    expect([get("/flat"), get("/flat/d")]).toEqual([["/a"], []]);
  });

  test("of more members than one transaction takes are copied and removed, all of them", async () => {
    const { properties, set, get, records } = makeProperties();
    await Promise.all(Array.from({ length: 1200 }, (_, i) => set(`/a/${i}`)));
    await properties.copy(at("/a"), at("/b"), { depth: "infinity", left: new Set() });
    for (const i of [0, 499, 500, 999, 1199]) expect(get(`/b/${i}`)).toEqual([`/a/${i}`]);
    await properties.drop(at("/a"));
    await properties.drop(at("/b"));
    await properties.settled();
    expect(records()).toEqual([0, 0, 0]);
  });

  test("leave no records above them when they go", async () => {
    const { properties, set, records } = makeProperties();
    await set("/a/b/c/d");
    await properties.patch(at("/a/b/c/d"), "document", [{ action: "remove", name: propertyOf("").name }]);
    expect(records()).toEqual([0, 0, 0]);
    await set("/a/b/c/d");
    await properties.drop(at("/a/b/c/d"));
    await properties.settled();
    expect(records()).toEqual([0, 0, 0]);
  });

  test("go with resources that are gone, and stay with those that stay", async () => {
    const { properties, set, get } = makeProperties();
    for (const path of ["/a", "/a/gone/deep", "/a/stays", "/a/stays/gone"]) await set(path);
    await properties.retain(at("/a"), async (path) => !path.includes("gone"));
    expect([get("/a"), get("/a/gone/deep"), get("/a/stays"), get("/a/stays/gone")]).toEqual([
      ["/a"],
      [],
      ["/a/stays"],
      [],
    ]);
  });

  test("have a limit in bytes for one resource, names included, and none beyond is kept", async () => {
    const { set, get } = makeProperties(100);
    const overhead = "{urn:example}a".length + '<a xmlns="urn:example"></a>'.length;
    await set("/a", "ä".repeat((100 - overhead - 1) / 2));
    await expect(set("/a", "x".repeat(101 - overhead))).rejects.toMatchObject({ code: "too-large" });
    expect(get("/a")[0]).toMatch(/^ä+$/);
  });

  test("are found by names of any length that a file can have, and by hostile ones", async () => {
    const { set, get } = makeProperties();
    const names = [
      "x".repeat(255),
      "ä".repeat(127),
      "\u{10FFFF}\u{10FFFF}",
      "\uFFFF",
      "\u0001\u0002",
      "a\u0000",
      " ",
      "__proto__",
    ];
    for (const name of names) await set(`/c/${name}`, "value");
    for (const name of names) expect(get(`/c/${name}`), JSON.stringify(name)).toEqual(["value"]);
    const { properties } = makeProperties();
    expect(properties.ofMembers(at("/c"))("any", "document")).toEqual([]);
  });
});

describe("dead properties of a resource that other programs replaced", () => {
  test("by one of another kind are not its own", async () => {
    const disk = await makeTestDisk();
    writeFileSync(disk.local("d"), "");
    await disk.tree.patchProperties(at("/d"), [{ action: "set", property: propertyOf("old") }]);
    rmSync(disk.local("d"));
    mkdirSync(disk.local("d"));
    expect(await disk.tree.properties(at("/d"))).toEqual([]);
    for await (const [member] of disk.tree.members(at("/"), { properties: true }))
      expect(member?.properties).toEqual([]);
  });

  test("are dropped when the server makes a new one there", async () => {
    const disk = await makeTestDisk();
    await disk.tree.createCollection(at("/c"), [propertyOf("old")]);
    rmdirSync(disk.local("c"));
    const draft = await disk.tree.draft(at("/c"), { length: 0 });
    await draft.commit({ modifiedMs: undefined });
    rmSync(disk.local("c"));
    await disk.tree.createCollection(at("/c"), []);
    expect(await disk.tree.properties(at("/c"))).toEqual([]);
  });
});
