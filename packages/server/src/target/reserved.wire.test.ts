import { encodePath, parsePath, type ResourcePath, rootPath } from "@meanwhile/dav";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { memberStatuses, type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";
import { assertNotReserved, ReservedPathError } from "./reserved.ts";

let served: Served | undefined;

afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function start(options: ServeOptions = {}): Promise<Served> {
  const tree = createMemoryTree();
  await tree.createCollection(parsePath("/a"), []);
  await plant(tree, "/a/1");
  await plant(tree, "/doc");
  served = await serve({ tree, ...options });
  return served;
}

/** All paths of the tree. */
async function allOf({ tree }: Served, top: ResourcePath = rootPath): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of tree.members(top, { properties: false })) {
    for (const { name, resource } of batch) {
      const path = parsePath(encodePath(top, true) + encodeURIComponent(name));
      found.push(path);
      if (resource?.kind === "collection") found.push(...(await allOf({ tree } as Served, path)));
    }
  }
  return found.toSorted();
}

const id = "AAAAAAAAAAAAAAAAAAAAAA";
const spellings = [
  "/.meanwhile/operations/",
  "/.meanwhile/operations",
  `/.meanwhile/operations/${id}`,
  `/.meanwhile/operations/${id}/outcome`,
  `/.meanwhile/operations/${id}/a/b`,
  "/%2emeanwhile/operations/x",
  "/%2E%6De%61nwhile/%6fperations/x",
  "//.meanwhile//operations//x",
  "http://files.example/.meanwhile/operations/x",
  "/.meanwhile/operations/x?query",
];
const methods = [
  "PUT",
  "POST",
  "PATCH",
  "MKCOL",
  "COPY",
  "MOVE",
  "PROPFIND",
  "PROPPATCH",
  "LOCK",
  "UNLOCK",
  "REPORT",
];
const contents: Readonly<Record<string, string>> = {
  PUT: "x",
  PROPPATCH: `<propertyupdate xmlns="DAV:"><set><prop><x xmlns="u:"/></prop></set></propertyupdate>`,
  LOCK: `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`,
};

describe("no WebDAV method reaches status documents, in any spelling", () => {
  test.each(methods)("%s is answered with 403, and changes nothing", async (method) => {
    const server = await start();
    const before = await allOf(server);
    for (const target of spellings) {
      const fields = { Destination: "http://files.example/b", "Lock-Token": "<urn:x:y>" };
      const answer = await server.ask(method, target, fields, contents[method]);
      expect([target, answer.status]).toEqual([target, 403]);
      expect([target, answer.field("cache-control")]).toEqual([target, "no-store"]);
      expect(answer.field("referrer-policy")).toBe("no-referrer");
      expect(answer.field("vary")).toBe("Accept, Prefer");
    }
    expect(await allOf(server)).toEqual(before);
  });

  test.each(["COPY", "MOVE"])(
    "a Destination there is refused for %s, and changes nothing",
    async (method) => {
      const server = await start();
      const before = await allOf(server);
      for (const target of [...spellings, "/.meanwhile", "/.meanwhile/", "/%2Emeanwhile"]) {
        for (const source of ["/a", "/doc"]) {
          for (const destination of target.startsWith("http:")
            ? [target]
            : [target, `http://files.example${target}`]) {
            // A Destination that begins with two slashes names another host.
            if (destination.startsWith("//")) continue;
            const answer = await server.ask(method, source, { Destination: destination });
            // A query has no place in it.
            expect([destination, answer.status]).toEqual([
              destination,
              destination.includes("?") ? expect.any(Number) : 403,
            ]);
            expect(answer.status).toBeGreaterThanOrEqual(400);
          }
        }
      }
      expect(await allOf(server)).toEqual(before);
    },
  );

  test.each([
    "/.meanwhile%2Foperations",
    "/.meanwhile/operations%2f",
    "/.meanwhile/%2e%2e/a",
    "/.meanwhile/operations/%00",
  ])("%s is no path at all: 400", async (target) => {
    const server = await start();
    for (const method of ["GET", "PUT", "DELETE", "PROPFIND"]) {
      expect((await server.ask(method, target)).status).toBe(400);
    }
  });

  test("the collections above are not there, and cannot be made", async () => {
    const server = await start();
    for (const method of ["GET", "HEAD", "PROPFIND"]) {
      expect((await server.ask(method, "/.meanwhile/")).status).toBe(404);
    }
    for (const method of ["MKCOL", "PUT", "DELETE", "LOCK", "PROPPATCH", "COPY", "MOVE"]) {
      const answer = await server.ask(method, "/.meanwhile", { Destination: "/b" }, contents[method]);
      expect([method, answer.status]).toEqual([method, 403]);
    }
  });
});

describe("what is done to collections above does not reach them", () => {
  test("PROPFIND of the root does not show them, to any depth", async () => {
    const server = await start();
    for (const depth of ["1", "infinity"]) {
      const answer = await server.ask("PROPFIND", "/", { Depth: depth });
      expect(answer.status).toBe(207);
      expect(answer.body).not.toContain("meanwhile");
      expect(Object.keys(memberStatuses(answer)).length).toBeGreaterThan(2);
    }
    expect((await server.ask("GET", "/")).body).not.toContain("operations");
  });

  test("an infinite lock on the root does not close them", async () => {
    const server = await start();
    const locked = await server.ask("LOCK", "/", { Depth: "infinity" }, contents["LOCK"]);
    expect(locked.status).toBe(200);
    const operation = server.operations.start(
      { kind: "COPY", target: "http://files.example/a", principal: undefined },
      async () => ({ status: 201, fields: {}, content: "" }),
      () => ({ status: 500, fields: {}, content: "" }),
    );
    server.operations.keep(operation);
    await operation.ended;
    const path = `/.meanwhile/operations/${operation.id}`;
    expect((await server.ask("DELETE", path)).status).toBe(204);
  });

  test("a collection that has them in it can be neither copied, moved, deleted nor locked", async () => {
    const server = await start({ operationsPath: "/a/b/operations/" });
    const before = await allOf(server);
    for (const path of ["/a", "/a/", "/a/b", "/a/b/operations"]) {
      for (const method of ["COPY", "MOVE", "DELETE", "LOCK"]) {
        const answer = await server.ask(method, path, { Destination: "/c" }, contents[method]);

        expect([method, path, answer.status]).toEqual([method, path, 403]);
      }
    }
    expect(await allOf(server)).toEqual(before);
    expect((await server.ask("GET", "/a/b/operations/")).status).toBe(200);
  });
});

describe("what is said before anybody looks for an operation", () => {
  test("OPTIONS tells the methods, the same for what is there and what is not, and that the server knows all this", async () => {
    const server = await start();
    const answer = await server.ask("OPTIONS", `/.meanwhile/operations/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.field("allow")).toBe("OPTIONS, GET, HEAD, DELETE");
    expect(answer.field("dav")).toContain("<urn:meanwhile:operations:1>");
    expect((await server.ask("OPTIONS", "/.meanwhile/operations/")).field("allow")).toBe(
      "OPTIONS, GET, HEAD",
    );
    expect((await server.ask("OPTIONS", "/.meanwhile")).field("allow")).toBe("OPTIONS");
  });

  test("errors of authentication are kept nowhere either", async () => {
    const server = await start({
      authenticate: () => ({ kind: "challenge", challenges: ['Basic realm="x"'] }),
    });
    const answer = await server.ask("GET", `/.meanwhile/operations/${id}`);
    expect(answer.status).toBe(401);
    expect(answer.field("cache-control")).toBe("no-store");
    expect(answer.field("referrer-policy")).toBe("no-referrer");
    expect((await server.ask("GET", "/doc")).field("referrer-policy")).toBeUndefined();
  });
});

describe("a tree that has something at their place", () => {
  test.each([
    ["/.meanwhile", undefined],
    ["/jobs", "/jobs/"],
    ["/x", "/x/y/z/"],
  ])("%s is refused for %s", async (path, operationsPath) => {
    const tree = createMemoryTree();
    await assertNotReserved(tree, operationsPath);
    await tree.createCollection(parsePath(path), []);
    const refused = assertNotReserved(tree, operationsPath);
    await expect(refused).rejects.toBeInstanceOf(ReservedPathError);
    await expect(refused).rejects.toMatchObject({ code: "ERR_RESERVED_PATH_EXISTS", path });
  });

  test("a document counts too, and other names do not", async () => {
    const tree = createMemoryTree();
    await plant(tree, "/.meanwhile2");
    await assertNotReserved(tree);
    await plant(tree, "/.meanwhile");
    await expect(assertNotReserved(tree)).rejects.toBeInstanceOf(ReservedPathError);
    await expect(assertNotReserved(tree, "/")).rejects.toMatchObject({ code: "ERR_INVALID_OPERATIONS_PATH" });
  });
});
