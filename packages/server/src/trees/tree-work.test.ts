import { parsePath, type ResourcePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import { expect, test } from "vitest";
import { TreeError } from "../store.ts";
import { treeWork } from "./tree-work.ts";

/** What an operation shows after each of some reports. */
async function members(
  source: string,
  report: (tree: ReturnType<typeof treeWork>["treeWork"]) => Generator,
  told: (path: ResourcePath) => ResourcePath = (path) => path,
): Promise<readonly (string | undefined)[]> {
  const shown: (string | undefined)[] = [];
  const operations = createOperations();
  const operation = operations.start(
    { kind: "COPY", target: "http://h/", principal: "ann" },
    async (work) => {
      const view = { method: "COPY", origin: "http://h", prefix: "" };
      const { treeWork: tree } = treeWork({
        view,
        work,
        told,
        source: parsePath(source),
        resumed: false,
        light: false,
        later: false,
        skipped: new Set(),
        known: [],
        statusOf: 201,
      });
      for (const _ of report(tree)) shown.push(work.operation.progress.member);
      return { status: 201, fields: {}, content: "" };
    },
    () => ({ status: 500, fields: {}, content: "" }),
  );
  await operation.ended;
  return shown;
}

test("an operation names the member that was dealt with last, or whose bytes it tells, from the source on", async () => {
  const reports = function* (tree: ReturnType<typeof treeWork>["treeWork"]) {
    yield tree.done(parsePath("/a/photos/1.jpg"), "document");
    yield tree.bytes(1, 2, parsePath("/a/film"));
    yield tree.failed(parsePath("/a/other"), "document", new TreeError("denied"));
    yield tree.bytes(1, 2);
    yield tree.done(parsePath("/a"), "collection");
  };
  expect(await members("/a", reports)).toEqual(["photos/1.jpg", "film", "film", undefined, undefined]);
  expect(await members("/", reports)).toEqual(["a/photos/1.jpg", "a/film", "a/film", undefined, "a"]);
});

test("of a member that its principal may not read nothing is told", async () => {
  const secret = parsePath("/a/secret");
  const shown = await members(
    "/a",
    function* (tree) {
      yield tree.done(parsePath("/a/1"), "document");
      yield tree.bytes(1, 2, secret);
      yield tree.done(secret, "document");
    },
    (path) => (path === secret ? parsePath("/a") : path),
  );
  expect(shown).toEqual(["1", undefined, undefined]);
});
