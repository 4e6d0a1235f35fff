/** A disk that fails makes every member of a large tree fail: what is told of that is bounded. */
import { memberPath, parsePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { type Tree, TreeError } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";
import { mostFailures } from "../trees/tree-work.ts";

/** A tree in which a DELETE finds so many members, and can remove none of them. */
function failingTree(members: number): Tree {
  const tree = createMemoryTree();
  return new Proxy(tree, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== "remove") return typeof value === "function" ? value.bind(target) : value;
      return async (...[path, work]: Parameters<Tree["remove"]>) => {
        work.found(members);
        work.counted();
        for (let index = 0; index < members; index += 1) {
          work.failed(memberPath(path, `member-${index}`), "document", new TreeError("denied"));
        }
      };
    },
  });
}

test.each([
  [mostFailures, undefined],
  [60_000, `${60_000 - mostFailures} more failed than are listed here.`],
])("of %i members that fail the first 10,000 are named, the rest by their number", async (members, told) => {
  const server = await serve({ tree: failingTree(members) });
  onTestFinished(() => server.close());
  await plant(server.tree, "/c/", "/c/a");
  const { status, body } = await server.ask("DELETE", "/c/");
  expect(status).toBe(207);
  expect(body.split("<D:response>")).toHaveLength(mostFailures + 1);
  expect(/<D:responsedescription>([^<]*)<\/D:responsedescription><\/D:multistatus>/.exec(body)?.[1]).toBe(
    told,
  );
  expect(body.length).toBeLessThan(2 * 1024 * 1024);
  expect(await server.tree.lookup(parsePath("/c"))).toBeDefined();
});
