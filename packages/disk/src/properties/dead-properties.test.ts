import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { open } from "lmdb";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Folder } from "../paths/folder.ts";
import { makeFolder, makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { DeadProperties } from "./dead-properties.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const propertyOf = (value: string) => ({
  name: { namespace: "urn:example", local: "a" },
  xml: `<a xmlns="urn:example">${value}</a>`,
});

function makeProperties(maxBytes = 1000) {
  const database = open({ path: makeFolder().state, maxDbs: 32, noSubdir: false });
  onTestFinished(() => database.close());
  const properties = new DeadProperties({ part: stateIn(database).part(), maxBytes });
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
    await (
      await properties.copy(at("/a"), at("/z"), { depth: "infinity", left: new Set([at("/a/b")]) })
    ).settle([]);
    expect([get("/z"), get("/z/d"), get("/z/b"), get("/z/b/c"), get("/z/old")]).toEqual([
      ["/a"],
      ["/a/d"],
      [],
      [],
      [],
    ]);
    expect(get("/a/b/c")).toEqual(["/a/b/c"]);
    await (await properties.copy(at("/a"), at("/flat"), { depth: "0", left: new Set() })).settle([]);
    expect([get("/flat"), get("/flat/d")]).toEqual([["/a"], []]);
  });

  test("of more members than one transaction takes are copied and removed, all of them", async () => {
    const { properties, set, get, records } = makeProperties();
    await Promise.all(Array.from({ length: 1200 }, (_, i) => set(`/a/${i}`)));
    await (await properties.copy(at("/a"), at("/b"), { depth: "infinity", left: new Set() })).settle([]);
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
    expect(properties.ofMembers(at("/c")).of("any", "document")).toEqual([]);
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

  const ways: readonly (readonly [string, (disk: TestDisk) => Promise<unknown>])[] = [
    ["a look", ({ tree }) => Promise.resolve(tree.lookup(at("/c/d")))],
    ["opening it", ({ tree }) => Promise.resolve(tree.open(at("/c/d"))).catch(() => {})],
    ["asking for its properties", ({ tree }) => Promise.resolve(tree.properties(at("/c/d")))],
    [
      "a listing with properties",
      async ({ tree }) => {
        for await (const _ of tree.members(at("/c"), { properties: true }));
      },
    ],
    ["a look at its collection, which is gone too", ({ tree }) => Promise.resolve(tree.lookup(at("/c")))],
  ];

  async function withProperties(): Promise<TestDisk> {
    const disk = await makeTestDisk();
    mkdirSync(disk.local("c"));
    writeFileSync(disk.local("c/d"), "first");
    writeFileSync(disk.local("c/e"), "");
    for (const path of ["/c/d", "/c/e"])
      await disk.tree.patchProperties(at(path), [{ action: "set", property: propertyOf("secret") }]);
    return disk;
  }
  /** What is forgotten is written when the next change is. */
  const written = async ({ tree, local }: TestDisk): Promise<void> => {
    writeFileSync(local("other"), "");
    await tree.patchProperties(at("/other"), [{ action: "set", property: propertyOf("x") }]);
  };

  test.each(ways)(
    "are forgotten once %s finds it absent: a file made anew has none of them",
    async (way, find) => {
      const disk = await withProperties();
      if (way.includes("collection, ")) rmSync(disk.local("c"), { recursive: true });
      else rmSync(disk.local("c/d"));
      await find(disk);
      await written(disk);
      mkdirSync(disk.local("c"), { recursive: true });
      writeFileSync(disk.local("c/d"), "second");
      expect(await disk.tree.properties(at("/c/d"))).toEqual([]);
      if (way.includes("collection, ")) return;
      expect(await disk.tree.properties(at("/c/e"))).toEqual([propertyOf("secret")]);
    },
  );

  test("are forgotten once it was found to be of another kind", async () => {
    const disk = await withProperties();
    rmSync(disk.local("c/d"));
    mkdirSync(disk.local("c/d"));
    await disk.tree.lookup(at("/c/d"));
    await written(disk);
    rmdirSync(disk.local("c/d"));
    writeFileSync(disk.local("c/d"), "second");
    expect(await disk.tree.properties(at("/c/d"))).toEqual([]);
  });

  test("stay where a program replaces it in place, as editors do", async () => {
    const disk = await withProperties();
    writeFileSync(disk.local("c/new"), "second");
    renameSync(disk.local("c/new"), disk.local("c/d"));
    await disk.tree.lookup(at("/c/d"));
    await written(disk);
    expect(await disk.tree.properties(at("/c/d"))).toEqual([propertyOf("secret")]);
  });

  test("are not forgotten by a look while a MOVE takes them elsewhere", async () => {
    const disk = await withProperties();
    const looks: Promise<unknown>[] = [];
    const timer = setInterval(() => {
      for (const path of ["/c/d", "/m/d", "/c", "/m"])
        looks.push(Promise.resolve(disk.tree.properties(at(path))));
    }, 0);
    onTestFinished(() => clearInterval(timer));
    let [from, to] = ["/c", "/m"];
    for (let moves = 0; moves < 40; moves += 1) {
      await disk.tree.move(at(from), at(to), { replace: false }, testWork());
      [from, to] = [to, from];
    }
    clearInterval(timer);
    await Promise.all(looks);
    expect(await disk.tree.properties(at(`${from}/d`))).toEqual([propertyOf("secret")]);
    expect(looks.length).toBeGreaterThan(40);
  });

  test.each<[string, (disk: TestDisk) => Promise<unknown>]>([
    ["a MOVE", (disk) => disk.tree.move(at("/c"), at("/m"), { replace: false }, testWork())],
    [
      "an upload and its properties",
      async (disk) => {
        await disk.tree.createCollection(at("/m"), [propertyOf("secret")]);
        mkdirSync(disk.local("m/d"));
        await disk.tree.patchProperties(at("/m/d"), [{ action: "set", property: propertyOf("secret") }]);
      },
    ],
  ])("are not forgotten by a look that found nothing, and that %s overtook", async (_name, overtake) => {
    const disk = await withProperties();
    let goOn: () => void = () => undefined;
    const late = new Promise<undefined>((resolve) => {
      goOn = () => resolve(undefined);
    });
    const look = vi.spyOn(Folder.prototype, "look").mockReturnValueOnce(late);
    onTestFinished(() => look.mockRestore());
    const looking = disk.tree.lookup(at("/m/d"));
    await overtake(disk);
    goOn();
    expect(await looking).toBeUndefined();
    await written(disk);
    expect(await disk.tree.properties(at("/m/d"))).toEqual([propertyOf("secret")]);
  });
});
