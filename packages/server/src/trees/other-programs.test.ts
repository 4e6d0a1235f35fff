/** Another program acts between the judgement of a request and its change: what each method answers then. */
import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import type { Tree } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { memberStatuses, type Served, serve } from "../testing/own/serve-fixture.ts";
import { testWork } from "../testing/test-work.ts";
import { at, contentOf, etagOf, plant, put } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const theirs = "theirs";

interface Row {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Acts once this path was looked at for the last time before the change. */
  readonly path: string;
  readonly looks?: number;
  act(tree: Tree): Promise<unknown>;
  readonly status: number;
  /** Where what the other program wrote is afterwards; default: at its path. */
  readonly found?: string;
}

const create = (tree: Tree) => put(tree, at("/new"), theirs);
const rewrite = (path: string) => (tree: Tree) => put(tree, at(path), theirs);
const swap = (path: string) => async (tree: Tree) => {
  await tree.remove(at(path), testWork());
  await put(tree, at(path), theirs);
};

const rows: readonly Row[] = [
  ...["COPY", "MOVE"].flatMap((method): Row[] => {
    const shared = { method, target: "/doc" } as const;
    return [
      {
        ...{ ...shared, name: "Overwrite: F, and the destination comes to be", path: "/new", act: create },
        ...{ fields: { Destination: "/new", Overwrite: "F" }, status: 412 },
      },
      {
        ...{ ...shared, name: "the destination comes to be", path: "/new", act: create },
        ...{ fields: { Destination: "/new" }, status: 409 },
      },
      {
        ...{ ...shared, name: "the destination is changed", path: "/other", act: rewrite("/other") },
        ...{ fields: { Destination: "/other" }, status: 409 },
      },
      {
        ...{ ...shared, name: "the destination is replaced", path: "/dst", act: swap("/dst") },
        ...{ fields: { Destination: "/dst" }, status: 409 },
      },
      {
        ...{ ...shared, name: "If-Match, and the source is changed", path: "/new", act: rewrite("/doc") },
        ...{ fields: { Destination: "/new", "If-Match": "THE TAG" }, status: 412, found: "/doc" },
      },
      {
        ...{ method, target: "/src/", name: "a member comes to the destination", path: "/dst" },
        act: rewrite("/dst/thesis"),
        ...{ fields: { Destination: "/dst/" }, status: 207, found: "/dst/thesis" },
      },
    ];
  }),
  {
    ...{
      name: "If-None-Match: *, and the document comes to be",
      method: "PUT",
      target: "/new",
      body: "ours",
    },
    ...{ fields: { "If-None-Match": "*" }, path: "/new", looks: 2, act: create, status: 412 },
  },
  {
    ...{ name: "If-Match, and the document is changed", method: "PUT", target: "/doc", body: "ours" },
    ...{ fields: { "If-Match": "THE TAG" }, path: "/doc", looks: 2, act: rewrite("/doc"), status: 412 },
  },
  {
    ...{
      name: "an entity tag in If, and the document is changed",
      method: "PUT",
      target: "/doc",
      body: "ours",
    },
    ...{ fields: { If: "([THE TAG])" }, path: "/doc", looks: 2, act: rewrite("/doc"), status: 412 },
  },
  {
    ...{ name: "If-Match, and the document is changed", method: "DELETE", target: "/doc" },
    ...{ fields: { "If-Match": "THE TAG" }, path: "/doc", act: rewrite("/doc"), status: 412 },
  },
  {
    ...{ name: "another takes the name", method: "DELETE", target: "/doc" },
    ...{ path: "/doc", act: swap("/doc"), status: 409 },
  },
  {
    ...{ name: "a document comes to be", method: "MKCOL", target: "/new" },
    ...{ path: "/new", act: create, status: 405 },
  },
];

/** A tree with /src/ (a), /dst/ (old), /doc and /other, whose user may be another program at a certain look. */
async function open(
  row: Pick<Row, "path" | "looks" | "act">,
): Promise<Served & { readonly acted: () => boolean }> {
  const memory = createMemoryTree();
  await plant(memory, "/src/", "/src/a", "/dst/", "/dst/old", "/doc", "/other");
  let looks = row.looks ?? 1;
  const tree: Tree = new Proxy(memory, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (name !== "see") return method;
      return async (...given: Parameters<Tree["see"]>) => {
        const sighting = await memory.see(...given);
        if (given[0] === row.path) {
          looks -= 1;
          if (looks === 0) await row.act(memory);
        }
        return sighting;
      };
    },
  });
  const server = await serve({ tree });
  servers.push(server);
  return { ...server, tree: memory, acted: () => looks <= 0 };
}

test.each(rows)("$method: $name: $status, and nothing of it is lost", async (row) => {
  const { ask, tree, acted } = await open(row);
  const tag = await etagOf(tree, at("/doc"));
  const fields = Object.entries(row.fields ?? {}).map(([name, value]) => [
    name,
    value.replace("THE TAG", tag),
  ]);
  const answer = await ask(row.method, row.target, Object.fromEntries(fields), row.body);
  expect(acted()).toBe(true);
  expect(answer.status).toBe(row.status);
  expect(await contentOf(tree, at(row.found ?? row.path))).toBe(theirs);
  if (row.status !== 207) return;
  expect(memberStatuses(answer)).toEqual({ "/dst/thesis": 409 });
  expect(answer.body).toContain("Another program made or changed /dst/thesis");
});

test("PUT without a condition: the last writer wins over documents", async () => {
  const { ask, tree } = await open({ path: "/doc", looks: 2, act: rewrite("/doc") });
  expect((await ask("PUT", "/doc", {}, "ours")).status).toBe(204);
  expect(await contentOf(tree, at("/doc"))).toBe("ours");
});

test("LOCK of an unmapped URL where a document comes to be locks that, as it is (§7.3)", async () => {
  const { ask, tree, locks } = await open({ path: "/new", act: create });
  const info =
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
  expect((await ask("LOCK", "/new", {}, info)).status).toBe(200);
  expect(await contentOf(tree, at("/new"))).toBe(theirs);
  expect(await locks.covering(parsePath("/new"))).toHaveLength(1);
});
