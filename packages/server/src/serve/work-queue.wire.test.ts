/** Only so many works go on at once: the others wait in the open, and what they saw is judged when their turn comes. */
import { parsePath } from "@meanwhile/dav";
import { createOperations, type JournalEntry, memoryJournal } from "@meanwhile/operations";
import { afterEach, describe, expect, test } from "vitest";
import type { Tree } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { requestBytes } from "../testing/own/wire-client.ts";
import { testWork } from "../testing/test-work.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A tree whose copies begin, and end when the test says so. */
function gatedTree(): { readonly tree: Tree; readonly copying: string[]; end(): void } {
  const tree = createMemoryTree();
  const copying: string[] = [];
  const waiting: (() => void)[] = [];
  let open = false;
  const gated = new Proxy(tree, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== "copy") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: Parameters<Tree["copy"]>) => {
        copying.push(args[1]);
        if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
        return target.copy(...args);
      };
    },
  });
  return {
    tree: gated,
    copying,
    end() {
      open = true;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

async function open(options: ServeOptions): Promise<Served> {
  const server = await serve({
    interim: { mode: "standard", afterMs: 20, everyMs: 20, front: "none" },
    ...options,
  });
  servers.push(server);
  return server;
}

const copy = (name: string) =>
  requestBytes("COPY", "/src/", { Destination: `/${name}/`, "X-Test-Principal": "ann" });

describe("COPY where one tree is worked on at once", () => {
  async function begin() {
    const gated = gatedTree();
    const operations = createOperations({ limits: { trees: 1 } });
    const server = await open({ tree: gated.tree, operations, limits: { claimMs: 10_000 } });
    await plant(server.tree, "/src/", "/src/a", "/doc");
    const [first, second] = [server.dial(), server.dial()];
    first.send(copy("one"));
    await first.head();
    second.send(copy("two"));
    // It has come, and waits: interim responses keep it company.
    await second.head();
    return { ...gated, server, first, second };
  }

  test("the second waits with interim responses, and is done after the first", async () => {
    const { copying, end, first, second } = await begin();
    expect(copying).toEqual(["/one"]);
    await second.head();
    expect(copying).toEqual(["/one"]);
    end();
    expect((await first.response("COPY")).status).toBe(201);
    expect((await second.response("COPY")).status).toBe(201);
    expect(copying).toEqual(["/one", "/two"]);
  });

  test("a single document does not wait behind trees, nor does another method", async () => {
    const { server, end } = await begin();
    expect((await server.ask("PUT", "/new", {}, "x")).status).toBe(201);
    expect((await server.ask("MKCOL", "/made/")).status).toBe(201);
    expect((await server.ask("DELETE", "/new")).status).toBe(204);
    end();
  });

  test("one that waits is cancelled without having changed anything", async () => {
    const { server, second, copying, end } = await begin();
    const [, waiting] = await server.operations.list("ann", 10).then((all) => all.toReversed());
    expect(waiting && "cancel" in waiting && waiting.cancel()).toBe(true);
    expect((await second.response("COPY")).status).toBe(409);
    end();
    expect(copying).toEqual(["/one"]);
    expect(await server.tree.lookup(parsePath("/two"))).toBeUndefined();
  });

  test("what it saw is judged again when its turn comes", async () => {
    const { server, second, end } = await begin();
    await server.tree.remove(parsePath("/src"), testWork());
    end();
    expect((await second.response("COPY")).status).toBe(404);
  });
});

test.each([
  { method: "COPY", target: "/src/", intent: { source: "/src", destination: "/two", replaces: false } },
  { method: "MOVE", target: "/other/", intent: { source: "/other", destination: "/two", overwrite: true } },
  { method: "DELETE", target: "/other/", intent: { path: "/other", skipped: [] } },
])(
  "the intent of a $method that waits is recorded: it survives a kill",
  async ({ method, target, intent }) => {
    const { tree, end } = gatedTree();
    const kept = memoryJournal();
    const recorded: JournalEntry["intent"][] = [];
    const journal: typeof kept = {
      ...kept,
      put: (entry, options) => {
        if (entry.state === "running") recorded.push(entry.intent);
        return kept.put(entry, options);
      },
    };
    const server = await open({ tree, operations: createOperations({ journal, limits: { trees: 1 } }) });
    await plant(server.tree, "/src/", "/other/");
    const [first, second] = [server.dial(), server.dial()];
    first.send(copy("one"));
    await first.head();
    second.send(requestBytes(method, target, { Destination: "/two/", "X-Test-Principal": "ann" }));
    await second.head();
    await expect.poll(() => recorded).toContainEqual(expect.objectContaining({ method, ...intent }));
    end();
    await second.response(method);
  },
);

describe("uploads", () => {
  test("beyond the limit get 503 with Retry-After, and the next one is taken when one has ended", async () => {
    const server = await open({ limits: { uploads: 1 } });
    const slow = server.dial();
    slow.send(
      "PUT /slow HTTP/1.1\r\nHost: files.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    );
    await slow.head();
    const refused = await server.ask("PUT", "/other", {}, "x");
    expect(refused.status).toBe(503);
    expect(refused.field("retry-after")).toBe("5");
    expect((await server.ask("GET", "/")).status).toBe(200);
    slow.send("slow");
    expect((await slow.response("PUT")).status).toBe(201);
    expect((await server.ask("PUT", "/other", {}, "x")).status).toBe(201);
  });

  test("one that its client breaks off gives its place back", async () => {
    const server = await open({ limits: { uploads: 1 } });
    const broken = server.dial();
    broken.send(
      "PUT /slow HTTP/1.1\r\nHost: files.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    );
    await broken.head();
    broken.socket.destroy();
    await server.logged(1);
    expect((await server.ask("PUT", "/other", {}, "x")).status).toBe(201);
  });
});
