import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { davName } from "@meanwhile/dav/xml";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler, type DavHandlerOptions } from "@meanwhile/server";
import type { Tree } from "@meanwhile/server/store";
import { createMemoryLockStore, createMemoryTree, slowTree } from "@meanwhile/server/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ClientOptions, createClient } from "./create-client.ts";
import type { DavClient } from "./dav/dav-client.ts";
import { propertyNamed } from "./dav/properties/resource.ts";
import { MultistatusError } from "./error/multistatus-error.ts";
import { cuttingHop } from "./testing/cutting-hop.ts";

interface Running {
  readonly port: number;
  /** Method and path of each request, in order. */
  readonly asked: readonly string[];
  client(options?: ClientOptions, path?: string): DavClient;
}

async function run(options: Partial<DavHandlerOptions> = {}): Promise<Running> {
  const asked: string[] = [];
  const handler = createDavHandler({
    tree: createMemoryTree(),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    interim: { front: "none" },
    ...options,
    log: ({ method, target }) => asked.push(`${method} ${target}`),
  });
  const server = createServer(handler).on("checkContinue", handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await handler.close();
  });
  return { port, asked, client: (given, path = "/") => clientAt(port, given, path) };
}

function clientAt(port: number, options: ClientOptions = {}, path = "/"): DavClient {
  const client = createClient(`http://127.0.0.1:${port}${path}`, { environment: {}, ...options });
  onTestFinished(() => client.close());
  return client;
}

const hostileNames = [
  "100%",
  "a?b#c",
  "back\\slash",
  "%2e%2e",
  "' \"<&>",
  "caf\u00E9",
  "cafe\u0301",
  "\u{1F4C4}",
  "a;b=c,d",
  "~*()!",
  "\u202Eevil",
  " ",
  ".hidden",
  "...",
];

describe("every verb, at our own server", () => {
  test("hostile names come back as they went (RFC 3986 §2)", async () => {
    const dav = (await run()).client();
    await dav.mkdir("names");
    for (const name of hostileNames) {
      expect(await dav.put(`names/${name}`, name).outcome).toMatchObject({ status: 201, created: true });
    }
    const found = new Map<string, URL>();
    for await (const member of dav.list("names/")) found.set(member.name, member.url);
    expect([...found.keys()].sort()).toEqual([...hostileNames].sort());
    for (const [name, url] of found) {
      expect(await textOf(dav, url)).toBe(name);
      expect((await dav.stat(`names/${name}`)).path).toBe(`names/${name}`);
      await dav.delete(url).outcome;
    }
    expect((await members(dav, "names/")).length).toBe(0);
  });

  test("a document: put, conditions, ranges, stat, exists, delete", async () => {
    const dav = (await run()).client();
    const { etag } = await dav.put("a.txt", "0123456789", { contentType: "text/plain", ifNoneMatch: "*" })
      .outcome;
    await expect(dav.put("a.txt", "x", { ifNoneMatch: "*" }).outcome).rejects.toMatchObject({ status: 412 });
    expect(await dav.stat("a.txt")).toMatchObject({
      length: 10,
      etag,
      contentType: expect.stringContaining("text/plain"),
      collection: false,
    });
    expect(
      await (await new Response((await dav.get("a.txt", { range: { start: 2, end: 4 } })).content)).text(),
    ).toBe("234");
    await expect(dav.get("a.txt", { range: { start: 10 } })).rejects.toMatchObject({ status: 416 });
    if (etag === undefined) throw new Error("no entity tag");
    await expect(dav.get("a.txt", { ifNoneMatch: etag })).rejects.toMatchObject({ status: 304 });
    expect(await dav.put("a.txt", new Blob(["new"]), { ifMatch: etag }).outcome).toMatchObject({
      created: false,
    });
    expect(await textOf(dav, "a.txt")).toBe("new");
    expect(await dav.exists("a.txt")).toBe(true);
    expect(await dav.delete("a.txt").outcome).toMatchObject({ status: 204 });
    expect(await dav.exists("a.txt")).toBe(false);
    await expect(dav.stat("a.txt")).rejects.toMatchObject({ name: "HttpError", status: 404 });
  });

  test("collections: mkdir, list, copy, move, delete; with and without a slash", async () => {
    const { client } = await run();
    const dav = client({}, "/team");
    await client().mkdir("team");
    await dav.mkdir("2025");
    await dav.mkdir("2025/deep/");
    await dav.put("2025/deep/a", "1").outcome;
    await expect(dav.mkdir("2025")).rejects.toMatchObject({ status: 405 });
    await expect(dav.mkdir("x/y")).rejects.toMatchObject({ status: 409 });
    expect(await dav.copy("2025", "archive").outcome).toMatchObject({ created: true });
    await expect(dav.copy("2025/", "archive/", { overwrite: false }).outcome).rejects.toMatchObject({
      status: 412,
    });
    expect(await dav.copy("2025/", "flat/", { depth: "0" }).outcome).toMatchObject({ created: true });
    expect(await dav.move("archive/", "flat/old/").outcome).toMatchObject({ created: true });
    const all: string[] = [];
    for await (const { path } of dav.list("", { depth: "infinity" })) all.push(path);
    expect(all.sort()).toEqual([
      "2025/",
      "2025/deep/",
      "2025/deep/a",
      "flat/",
      "flat/old/",
      "flat/old/deep/",
      "flat/old/deep/a",
    ]);
    expect(await members(dav, "flat")).toEqual(["flat/old/"]);
    await dav.delete("flat/").outcome;
    expect(await members(dav, "")).toEqual(["2025/"]);
  });

  test("properties keep namespaces, markup and language; a refused change rejects (RFC 4918 §9.2)", async () => {
    const dav = (await run()).client();
    await dav.put("a", "").outcome;
    const mine = { namespace: "urn:x", local: "displayname" };
    const marked = { namespace: "http://ns.example.com/", local: "Author" };
    await dav.patchProperties("a", [
      { set: mine, text: "mine & <yours>", lang: "de" },
      { set: davName("displayname"), text: "theirs" },
      { set: marked, xml: '<z:Author xmlns:z="http://ns.example.com/"><z:b c="d">&#233;</z:b></z:Author>' },
    ]);
    const resource = await dav.stat("a", { properties: [mine, davName("displayname"), marked] });
    expect(propertyNamed(resource, mine)).toMatchObject({ text: "mine & <yours>", lang: "de", status: 200 });
    expect(propertyNamed(resource, davName("displayname"))?.text).toBe("theirs");
    expect(propertyNamed(resource, marked)?.xml).toContain('<z:b c="d">&#233;</z:b>');
    const names = await dav.properties("a", "names");
    expect(names.map(({ name }) => name)).toContainEqual(mine);
    const error = await dav
      .patchProperties("a", [{ remove: mine }, { set: davName("getetag"), text: "x" }])
      .catch((reason: unknown) => reason);
    if (!(error instanceof MultistatusError)) throw error;
    expect(error.failed.map(({ status, property }) => [status, property?.local])).toEqual(
      expect.arrayContaining([
        [424, "displayname"],
        [403, "getetag"],
      ]),
    );
    expect(propertyNamed(await dav.stat("a", { properties: [mine] }), mine)?.status).toBe(200);
  });

  test("locks: others are kept out, our own requests go through, and a refresh keeps the token", async () => {
    const { client } = await run();
    const dav = client();
    const other = client();
    await dav.mkdir("c");
    await dav.put("c/a", "1").outcome;
    const lock = await dav.lock("c/", { owner: "Ann", timeoutSeconds: 120, depth: "infinity" });
    expect(lock.timeoutSeconds).toBe(120);
    await expect(other.put("c/a", "2").outcome).rejects.toMatchObject({
      status: 423,
      condition: "lock-token-submitted",
      hrefs: [lock.root],
    });
    await expect(other.lock("c/a")).rejects.toMatchObject({ status: 423 });
    await dav.put("c/a", "3").outcome;
    await dav.move("c/a", "c/b").outcome;
    await dav.copy("c/b", "outside").outcome;
    await dav.copy("outside", "c/again").outcome;
    await dav.patchProperties("c/b", [{ set: { namespace: "u:", local: "p" }, text: "" }]);
    await dav.delete("c/b").outcome;
    await lock.refresh();
    await other.put("c/again", "4", { lockTokens: [lock.token] }).outcome;
    await lock.unlock();
    await other.put("c/again", "5").outcome;
    const made = await dav.lock("empty", { scope: "shared", depth: "0" });
    const shared = await other.lock("empty", { scope: "shared", depth: "0" });
    expect((await dav.stat("empty")).length).toBe(0);
    await shared.unlock();
    await other.unlock("empty", made.token);
    // It was freed behind our back: what relied on it fails once, and the handle tells.
    const lost = once(made.lost, "abort");
    await expect(dav.put("empty", "").outcome).rejects.toMatchObject({ status: 412 });
    await lost;
    expect(made.lost.reason).toMatchObject({ loss: "refused" });
    await dav.put("empty", "").outcome;
  });

  test("a member that is locked by another fails a DELETE, and the error names it (§9.6.1)", async () => {
    const { client } = await run();
    const dav = client();
    await dav.mkdir("c");
    await dav.put("c/a", "1").outcome;
    await dav.put("c/b", "1").outcome;
    await client().lock("c/a", { refresh: false });
    const error = await dav.delete("c/").outcome.catch((reason: unknown) => reason);
    if (!(error instanceof MultistatusError)) throw error;
    expect(error.failed.map(({ url, status }) => [url.pathname, status])).toContainEqual(["/c/a", 423]);
    expect(await dav.exists("c/a")).toBe(true);
  });

  test("quota and capabilities", async () => {
    const dav = (
      await run({ tree: createMemoryTree({ quota: { usedBytes: 5, availableBytes: 7 } }) })
    ).client();
    expect(await dav.quota("")).toEqual({ used: 5, available: 7 });
    const { classes, allow, keepsAnswers } = await dav.capabilities();
    expect(classes).toContain("2");
    expect(allow).toContain("COPY");
    expect(keepsAnswers).toBe(true);
  });
});

describe("a listing of 10,000 members", () => {
  test("comes whole, and may be left in its middle", async () => {
    const tree = createMemoryTree();
    await tree.createCollection(parsePath("/many"), []);
    for (let index = 0; index < 10_000; index += 1) await plant(tree, `/many/${index}`, "x");
    const dav = (await run({ tree })).client();
    const names = new Set<string>();
    for await (const { name } of dav.list("many/")) names.add(name);
    expect(names.size).toBe(10_000);
    for await (const { name } of dav.list("many/")) if (name !== "") break;
    expect(await dav.exists("many/1")).toBe(true);
  });

  test("is walked where the server refuses Depth infinity (§9.1)", async () => {
    const tree = createMemoryTree();
    await tree.createCollection(parsePath("/a"), []);
    await tree.createCollection(parsePath("/a/b"), []);
    await plant(tree, "/a/b/c", "x");
    const { client, asked } = await run({ tree, limits: { infinitePropfind: false } });
    const found: string[] = [];
    for await (const { path } of client().list("", { depth: "infinity" })) found.push(path);
    expect(found.sort()).toEqual(["a/", "a/b/", "a/b/c"]);
    expect(asked.filter((line) => line.startsWith("PROPFIND"))).toHaveLength(4);
  });
});

describe("a long COPY", () => {
  test("tells how far it is, and what became of it (RFC 2518 §10.1)", async () => {
    const tree = createMemoryTree();
    await tree.createCollection(parsePath("/c"), []);
    for (let index = 0; index < 20; index += 1) await plant(tree, `/c/${index}`, "x");
    let pace = (): Promise<void> => Promise.resolve();
    const slow = slowTree(tree, (step) => (step === "member" ? pace() : Promise.resolve()));
    const dav = (await run({ tree: slow, interim: { front: "none", afterMs: 10, everyMs: 10 } })).client();
    pace = () => new Promise((resolve) => setTimeout(resolve, 10));
    const copy = dav.copy("c/", "d/");
    const seen: number[] = [];
    for await (const { stage, done, total } of copy.progress) {
      expect(stage).toBe("processing");
      if (total !== undefined) expect(total).toBe(21);
      seen.push(done);
    }
    expect(await copy.outcome).toEqual({ status: 201, created: true });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect(copy.url?.pathname).toMatch(/^\/\.meanwhile\/operations\//);
  });
});

describe("lost connections", () => {
  test("a download of 1 MiB that is cut ten times is whole", async () => {
    const { port, client } = await run();
    const content = new Uint8Array(1024 * 1024).map((_, index) => index % 251);
    await client().put("big", content).outcome;
    let left = 10;
    const hop = await cuttingHop(port, () => (left-- > 0 ? 60_000 + left * 7000 : undefined));
    onTestFinished(() => hop.close());
    const dav = clientAt(hop.port, { surroundings: hurried });
    const { content: stream, length } = await dav.get("big");
    expect(length).toBe(content.length);
    expect(Buffer.compare(Buffer.from(await new Response(stream).arrayBuffer()), Buffer.from(content))).toBe(
      0,
    );
    expect(hop.cuts).toBe(10);
  });

  test("an upload that is cut is sent again from the beginning where the server keeps answers", async () => {
    const { port, client, asked } = await run();
    const content = new Uint8Array(1024 * 1024).map((_, index) => index % 241);
    let left = 3;
    const hop = await cuttingHop(port, () => (left-- > 0 ? 100_000 : undefined));
    onTestFinished(() => hop.close());
    const put = clientAt(hop.port, { surroundings: hurried }).put("big", content);
    expect(await put.outcome).toMatchObject({ created: true });
    expect(hop.cuts).toBe(3);
    expect(asked.filter((line) => line === "PUT /big")).toHaveLength(4);
    const { content: stream } = await client().get("big");
    expect(Buffer.compare(Buffer.from(await new Response(stream).arrayBuffer()), content)).toBe(0);
  });
});

describe("credentials", () => {
  const authenticate: NonNullable<DavHandlerOptions["authenticate"]> = ({ headers }) =>
    headers.authorization === `Basic ${Buffer.from("ann:s3cret").toString("base64")}`
      ? { kind: "known", principal: "ann" }
      : { kind: "challenge", challenges: ['Basic realm="test", charset="UTF-8"'] };

  test("of the base's user information log in, and appear nowhere else", async () => {
    const { port } = await run({ authenticate });
    const dav = createClient(`http://ann:s3cret@127.0.0.1:${port}/`, { environment: {} });
    onTestFinished(() => dav.close());
    expect(dav.base.href).toBe(`http://127.0.0.1:${port}/`);
    await dav.put("a", new Blob(["once"]).stream()).outcome;
    expect(await textOf(dav, "a")).toBe("once");
  });

  test("that are wrong are an error without them", async () => {
    const { client } = await run({ authenticate });
    const error = await client({ username: "ann", password: "wrongsecret" })
      .stat("")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "HttpError", status: 401 });
    expect(JSON.stringify(error) + String(error)).not.toContain("wrongsecret");
  });
});

const hurried = {
  now: () => performance.now(),
  // Pauses before another try are over at once; what waits longer waits for ever.
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (milliseconds <= 30_000) setImmediate(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
  random: () => 0.5,
  newKey: () => crypto.randomUUID(),
};

async function textOf(dav: DavClient, place: string | URL): Promise<string> {
  return new Response((await dav.get(place)).content).text();
}

async function members(dav: DavClient, place: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { path } of dav.list(place)) found.push(path);
  return found;
}

async function plant(tree: Tree, path: string, content: string): Promise<void> {
  const draft = await tree.draft(parsePath(path), { length: content.length });
  await draft.write(Buffer.from(content));
  await draft.commit({ modifiedMs: undefined });
}
