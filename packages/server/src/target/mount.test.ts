import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import type { AnyRequest } from "@meanwhile/interim";
import { createOperations } from "@meanwhile/operations";
import express from "express";
import { afterEach, expect, test } from "vitest";
import { createDavHandler } from "../server.ts";
import { createMemoryLockStore } from "../testing/memory/memory-lock-store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { serve } from "../testing/own/serve-fixture.ts";
import { requestBytes, WireClient } from "../testing/own/wire-client.ts";
import { plant } from "../testing/tree/tree-fixture.ts";
import { parseMount, parseTarget } from "./mount.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const bases: readonly [base: string | undefined, origin: string | undefined, prefix: string][] = [
  [undefined, undefined, ""],
  ["https://files.example", "https://files.example", ""],
  ["https://files.example/", "https://files.example", ""],
  ["http://files.example:8080/team/x/", "http://files.example:8080", "/team/x"],
  ["https://FILES.example:443/my files", "https://files.example", "/my%20files"],
  ["/team/x/", undefined, "/team/x"],
  ["/my files", undefined, "/my%20files"],
  ["/", undefined, ""],
];
test.each(bases)("the base URL %s is read", (base, origin, prefix) => {
  expect(parseMount(base)).toEqual({ origin, prefix });
});

test.each([
  "files.example",
  "ftp://files.example/",
  "https://a/?q",
  "https://a/#f",
  "https://u@a/",
  "",
  "https://u:p@a/",
  "/a?q",
  "/a#f",
  "//a/b",
  "/\\a/b",
])("the base URL %j is refused", (base) => {
  expect(() => parseMount(base)).toThrow(expect.objectContaining({ code: "ERR_INVALID_BASE_URL" }));
});

const targets: readonly [url: string, base: string | undefined, path: string][] = [
  ["/a/b", undefined, "/a/b"],
  ["/a?query=/x#", undefined, "400"],
  ["/a?query=/x", undefined, "/a"],
  ["*", undefined, "*"],
  ["http://other.example/a", undefined, "/a"],
  ["HTTPS://other.example", undefined, "/"],
  ["http://other.example?x", undefined, "/"],
  ["/team/a", "https://files.example/team", "/a"],
  ["/team", "https://files.example/team", "/"],
  ["/team/", "https://files.example/team", "/"],
  ["http://files.example/team/a", "https://files.example/team", "/a"],
  ["/teams/a", "https://files.example/team", "404"],
  ["/", "https://files.example/team", "404"],
  ["files.example:443", undefined, "400"],
  ["a/b", undefined, "400"],
  ["/a#b", undefined, "400"],
];
test.each(targets)("the request target %s, with base %s, leads to %s (RFC 9112 §3.2)", (url, base, path) => {
  const read = (): string => parseTarget({ url } as unknown as AnyRequest, parseMount(base)).path;
  if (/^\d+$/.test(path)) expect(read).toThrow(expect.objectContaining({ status: Number(path) }));
  else expect(read()).toBe(path);
});

test.each([undefined, "http://files.example/dav", "/dav"])(
  "mounted in Express at /dav, hrefs and Destination have the prefix (base URL %s)",
  async (baseUrl) => {
    const tree = createMemoryTree();
    await plant(tree, "/col/", "/col/a b");
    const app = express();
    const handler = createDavHandler({
      tree,
      locks: createMemoryLockStore({ clock: Date.now }),

      operations: createOperations(),
      ...(baseUrl === undefined ? {} : { baseUrl }),
    });
    app.use("/dav", handler);
    app.get("/hello", (_request, response) => void response.send("hi"));
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = new WireClient(port);
    cleanups.push(() => client.socket.destroy());
    const ask = async (method: string, target: string, fields: Record<string, string> = {}) => {
      client.send(requestBytes(method, target, fields));
      return client.response(method);
    };

    const listing = await ask("PROPFIND", "/dav/col/", { Depth: "1" });
    expect(listing.status).toBe(207);
    expect(listing.body).toContain("<D:href>/dav/col/a%20b</D:href>");
    const inside = { Destination: "http://files.example/dav/new" };
    expect((await ask("COPY", "/dav/col/a%20b", inside)).status).toBe(201);
    expect(await tree.lookup(parsePath("/new"))).toBeDefined();
    expect((await ask("COPY", "/dav/col/a%20b", { Destination: "/elsewhere" })).status).toBe(403);
    expect((await ask("DELETE", "/dav")).status).toBe(403);
    expect((await ask("OPTIONS", "/dav/col/")).status).toBe(200);
    for (const page of ["/dav", "/dav/", "/dav?x=/", "/dav/col", "/dav/col/"]) {
      const links = (await ask("GET", page)).body.matchAll(/<a href="([^"]*)"/g);
      const led = [...links].map(([, href]) => new URL(href ?? "", `http://files.example${page}`).pathname);
      const expected = page.includes("col")
        ? ["/dav/", "/dav/", "/dav/col/a%20b"]
        : ["/dav/col/", "/dav/new"];
      expect([page, led]).toEqual([page, expected]);
    }
    const { status, body } = await ask("GET", "/hello");
    expect([status, body]).toEqual([200, "hi"]);
  },
);

test.each(["/h/a b", "/h/a b/"])(
  "a listing at the mount point, with and without its slash, links to members (%s)",
  async (base) => {
    const tree = createMemoryTree();
    await plant(tree, "/col/", "/doc");
    const server = await serve({ tree, baseUrl: `https://files.example${base}` });
    try {
      for (const page of ["/h/a%20b", "/h/a%20b/"]) {
        const links = (await server.ask("GET", page)).body.matchAll(/<a href="([^"]*)"/g);
        const led = [...links].map(
          ([, href]) => new URL(href ?? "", `https://files.example${page}`).pathname,
        );
        expect([page, led]).toEqual([page, ["/h/a%20b/col/", "/h/a%20b/doc"]]);
      }
    } finally {
      await server.close();
    }
  },
);
