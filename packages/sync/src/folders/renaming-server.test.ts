/** Servers that have other names, or other contents, than they were given. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FakeServer, fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import type { FolderOptions } from "./folder-options.ts";
import { FolderError, type FolderSummary } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";

const bySegment =
  (change: (name: string) => string, onlyWhere: readonly string[] = []): ((server: FakeServer) => void) =>
  (server) => {
    server.resolve = (path, method) =>
      onlyWhere.length > 0 && !onlyWhere.includes(method) ? path : path.split("/").map(change).join("/");
  };
const trimmed = (name: string): string => name.replace(/[ .]+$/, "");

interface Kind {
  readonly what: string;
  readonly setUp: (server: FakeServer) => void;
  readonly name: string;
  /** As the server has it; undefined: it does not list it. */
  readonly there: string | undefined;
}

const kinds: readonly Kind[] = [
  { what: "composes", setUp: bySegment((name) => name.normalize("NFC")), name: "e\u0301", there: "\u00e9" },
  { what: "decomposes", setUp: bySegment((name) => name.normalize("NFD")), name: "\u00e9", there: "e\u0301" },
  { what: "lower case", setUp: bySegment((name) => name.toLowerCase()), name: "ReadMe", there: "readme" },
  { what: "trims", setUp: bySegment(trimmed), name: "name. .", there: "name" },
  { what: "trims the start", setUp: bySegment((name) => name.trimStart()), name: "  name", there: "name" },
  { what: "trims what is made", setUp: bySegment(trimmed, ["put", "mkdir"]), name: "name.", there: "name" },
  {
    what: "draws control characters",
    setUp: bySegment((name) => name.replaceAll("\t", "\u2409")),
    name: "a\tb",
    there: "a\u2409b",
  },
  {
    what: "widens signs",
    setUp: bySegment((name) => name.replaceAll("?", "\uff1f")),
    name: "why?",
    there: "why\uff1f",
  },
  {
    what: "replaces characters",
    setUp: bySegment((name) => name.replaceAll(":", "_")),
    name: "a:b",
    there: "a_b",
  },
  {
    what: "hides",
    setUp: (server) => {
      server.hides = (path) => path.split("/").some((name) => name.startsWith("."));
    },
    name: ".hidden",
    there: undefined,
  },
];

const servers = [
  { heedsConditions: true, tagsPuts: true },
  { heedsConditions: false, tagsPuts: false },
];

function scene(setUp: (server: FakeServer) => void, options: Partial<FakeServer> = {}) {
  const local = testFolder();
  let nowMs = Date.UTC(2026, 0, 1);
  const server = fakeServer(() => {
    nowMs += 5000;
    return nowMs;
  });
  Object.assign(server, options);
  setUp(server);
  const sync = async (
    more: Pick<FolderOptions, "stateDirectory" | "concurrency"> = {},
  ): Promise<FolderSummary> => {
    const { stateDirectory } = local;
    const work = syncFolder(server.client, local.folder, "", {
      ...{ direction: "up", delete: true, stateDirectory, ...more },
    });
    return work.outcome.catch((error: unknown) => {
      if (error instanceof FolderError) return error.summary;
      throw error;
    });
  };
  const documents = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...server.resources].flatMap(([path, stored]) =>
        stored === null ? [] : [[path, stored.content.toString()]],
      ),
    );
  return { local, server, sync, documents };
}

describe.each(servers)(
  "sync --delete to a server that changes names ($heedsConditions, $tagsPuts)",
  (options) => {
    describe.each(kinds)("and $what", ({ setUp, name, there }) => {
      test("settles, keeps what was put, and deletes what is surplus", async () => {
        const { local, server, sync, documents } = scene(setUp, options);
        local.write(name, "content");
        server.put("surplus", "another length");
        const wanted = { [there ?? name]: "content" };
        const first = await sync();
        expect(first).toMatchObject({ transferred: 1, failures: 0 });
        expect(documents()).toEqual(wanted);
        expect(first.renamed).toEqual(there === undefined ? [] : [{ path: name, name: there }]);
        for (const _ of [2, 3]) {
          expect(await sync()).toMatchObject({
            transferred: 0,
            failures: 0,
            skipped: 1,
            deleted: 0,
            renamed: [],
          });
          expect(documents()).toEqual(wanted);
        }
        // A change goes to where it is.
        local.write(name, "changed", new Date(Date.UTC(2026, 5)));
        expect(await sync()).toMatchObject({ transferred: 1, failures: 0 });
        expect(documents()).toEqual({ [there ?? name]: "changed" });
        if (there === undefined) return;
        // What goes here goes there.
        rmSync(join(local.folder, name));
        expect(await sync()).toMatchObject({ failures: 0, deleted: 1 });
        expect(documents()).toEqual({});
      });

      test("what was put is never deleted, be everything forgotten each time", async () => {
        const { local, sync, documents } = scene(setUp, options);
        local.write(name, "content");
        for (const _ of [1, 2, 3]) {
          await sync({ stateDirectory: false });
          expect(documents()).toEqual({ [there ?? name]: "content" });
        }
      });

      test("nor with the collection that it is in", async () => {
        const { local, sync, documents } = scene(setUp, options);
        local.write(`${name}/inner/a`, "content");
        const wanted = { [`${there ?? name}/inner/a`]: "content" };
        expect((await sync()).failures).toBe(0);
        expect(documents()).toEqual(wanted);
        if (there !== undefined)
          expect(await sync()).toMatchObject({ transferred: 0, failures: 0, skipped: 1 });
        for (const _ of [1, 2]) {
          await sync({ stateDirectory: false });
          expect(documents()).toEqual(wanted);
        }
      });
    });
  },
);

test("a server that ignores case keeps a document whose name only changed its case", async () => {
  const { local, sync, documents } = scene((server) => {
    server.resolve = (path) =>
      [...server.resources.keys()].find((other) => other.toLowerCase() === path.toLowerCase()) ?? path;
  });
  local.write("photo", "content");
  await sync();
  rmSync(join(local.folder, "photo"));
  local.write("Photo", "content");
  for (const _ of [1, 2, 3]) {
    await sync();
    expect(documents()).toEqual({ photo: "content" });
  }
  expect(await sync()).toMatchObject({ failures: 0, transferred: 0 });
});

test("a server that makes names anew keeps all that may be what was put, and tells", async () => {
  let made = 0;
  const { local, server, sync, documents } = scene((fake) => {
    fake.resolve = (path, method) => {
      if (method !== "put") return path;
      made += 1;
      return `made-${made}`;
    };
    fake.tell = ({ etag: _, modified: __, ...rest }) => rest;
    fake.tagsPuts = false;
  });
  local.write("a", "content");
  local.write("b", "content");
  server.put("surplus", "content");
  const summary = await sync();
  expect(Object.keys(documents()).sort()).toEqual(["made-1", "made-2", "surplus"]);
  expect(summary.ignored.map(({ path }) => path)).toEqual(["surplus"]);
  expect(summary.failed.map(({ path }) => path).sort()).toEqual(["a", "b"]);
});

test("a server that does not heed conditions, and has one resource for two names, is told of", async () => {
  for (const [one, other] of [
    ["name", "name."],
    ["name.", "name"],
  ] as const) {
    const { local, sync } = scene(bySegment(trimmed), { heedsConditions: false });
    local.write(one, "content");
    await sync({ concurrency: 1 });
    local.write(other, "other content");
    const { failed } = await sync({ concurrency: 1 });
    expect(failed).toEqual([{ path: other, error: expect.objectContaining({ code: "name-collision" }) }]);
  }
});

describe.each([
  ["cuts", (name: string) => name.slice(0, 4), "name one", "name two", "name"],
  ["trims", trimmed, "name.", "name..", "name"],
  ["lower case", (name: string) => name.toLowerCase(), "NAME", "Name", "name"],
])("a server that %s, and makes one of two new names", (_what, change, one, other, there) => {
  test.each([
    ["with tags", {}],
    ["without tags", { tagsPuts: false, tell: ({ etag: _, ...rest }) => rest }],
    ["that tells lengths alone", { tagsPuts: false, tell: ({ etag: _, modified: __, ...rest }) => rest }],
  ] satisfies readonly [string, Partial<FakeServer>][])("%s is told of each time", async (_tags, options) => {
    const { local, sync, documents } = scene(bySegment(change), { heedsConditions: false, ...options });
    local.write(one, "one");
    local.write(other, "two");
    for (const _ of [1, 2]) {
      const { failed, renamed } = await sync();
      expect(Object.fromEntries(failed.map(({ path, error }) => [path, error]))).toEqual({
        [one]: expect.objectContaining({ code: "name-collision" }),
        [other]: expect.objectContaining({ code: "name-collision" }),
      });
      expect([renamed, Object.keys(documents())]).toEqual([[], [there]]);
    }
  });

  test("also where the other one is known since an earlier time", async () => {
    const { local, sync } = scene(bySegment(change), { heedsConditions: false });
    local.write(one, "one");
    expect((await sync()).renamed).toEqual([{ path: one, name: there }]);
    local.write(other, "two");
    for (const _ of [1, 2]) {
      const { failed } = await sync();
      expect(failed.map(({ path }) => path)).toContain(other);
    }
  });
});

test("what a server takes and has nowhere is a failure", async () => {
  const { local, server, sync, documents } = scene(() => undefined);
  local.write("a", "content");
  local.write("b", "content");
  server.put("surplus", "x");
  server.after = ({ method, path }) => {
    if (method === "put" && path === "a") server.resources.delete("a");
  };
  const summary = await sync();
  expect(summary.failed.map(({ path }) => path)).toEqual(["a"]);
  expect(documents()).toEqual({ b: "content", surplus: "x" });
  server.after = () => undefined;
  expect(await sync()).toMatchObject({ transferred: 1, failures: 0, deleted: 1 });
});

test("two names that are one to the server do not replace each other", async () => {
  const { local, sync, documents } = scene(bySegment(trimmed));
  local.write("name", "one");
  await sync();
  local.write("name.", "two");
  const summary = await sync();
  expect(summary.failed.map(({ path }) => path)).toEqual(["name."]);
  expect(documents()).toEqual({ name: "one" });
});

describe("a server that stores other content than was sent", () => {
  const stores: readonly [string, (content: Buffer) => Buffer, number][] = [
    ["longer", (content) => Buffer.concat([content, Buffer.from("\n")]), 8],
    ["shorter", (content) => content.subarray(2), 5],
    ["of the same length", (content) => Buffer.from(content.toString().toUpperCase()), 7],
  ];
  const tags: readonly [string, Partial<FakeServer>][] = [
    ["no tag", { tagsPuts: false }],
    ["its tag", {}],
    ["no tag ever", { tagsPuts: false, tell: ({ etag: _, ...rest }) => rest }],
    [
      "another tag in listings",
      { tell: (resource) => ({ ...resource, etag: `"listed-${resource.etag?.slice(1)}` }) },
    ],
  ];
  describe.each(tags)("with %s", (_tag, options) => {
    test.each(stores)("%s is told once, and settled", async (_what, store, stored) => {
      const { local, sync, documents } = scene((server) => Object.assign(server, { store }), options);
      local.write("a", "content");
      const first = await sync();
      expect(first).toMatchObject({ transferred: 1, failures: 0 });
      expect(first.rewritten).toEqual(stored === 7 ? [] : [{ path: "a", sent: 7, stored }]);
      const kept = documents();
      for (const _ of [2, 3])
        expect(await sync()).toMatchObject({ transferred: 0, failures: 0, skipped: 1, rewritten: [] });
      expect(documents()).toEqual(kept);
    });

    test("what another changed since is a conflict all the same", async () => {
      const { local, server, sync } = scene(() => undefined, options);
      local.write("a", "content");
      await sync();
      server.put("a", "their own");
      expect((await sync()).failed.map(({ error }) => error)).toEqual([
        expect.objectContaining({ code: "conflict" }),
      ]);
    });
  });

  test.each([
    ["none", 0],
    ["only the beginning", 5],
  ])("%s of it is a failure, and sent again", async (_what, length) => {
    const { local, server, sync, documents } = scene((fake) => {
      fake.store = (content) => content.subarray(0, length);
    });
    local.write("a", "content");
    server.put("surplus", "x");
    const summary = await sync();
    expect(summary.failed).toEqual([
      { path: "a", error: expect.objectContaining({ code: "length-differs" }) },
    ]);
    expect(documents()).toEqual({ a: "content".slice(0, length), surplus: "x" });
    server.store = (content) => content;
    expect(await sync()).toMatchObject({ transferred: 1, failures: 0, deleted: 1 });
    expect(documents()).toEqual({ a: "content" });
  });

  test("what another changed while the others were sent is a change", async () => {
    const { local, server, sync } = scene(() => undefined);
    local.write("a", "content");
    local.write("b", "content");
    server.after = ({ method, path }) => {
      if (method === "put" && path === "b") server.put("a", "their own", new Date(Date.UTC(2026, 6)));
    };
    await sync({ concurrency: 1 });
    expect((await sync()).failed.map(({ path }) => path)).toEqual(["a"]);
  });
});
