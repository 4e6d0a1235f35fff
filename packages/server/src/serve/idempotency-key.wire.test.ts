import { connect } from "node:http2";
import { createOperations, type Journal, memoryJournal } from "@meanwhile/operations";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openAccess, readOnlyAccess } from "../access.ts";
import type { TreeErrorCode } from "../store.ts";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { type RejoinOptions, type RejoinServer, serveRejoin } from "../testing/own/rejoin-fixture.ts";
import { serve } from "../testing/own/serve-fixture.ts";
import { overs } from "../testing/own/test-call.ts";
import { testWork } from "../testing/test-work.ts";
import { at, contentOf } from "../testing/tree/tree-fixture.ts";

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: RejoinOptions): Promise<RejoinServer> {
  const server = await serveRejoin(options);
  servers.push(server);
  return server;
}

const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const key = { "Idempotency-Key": `"${uuid}"` };
const ann = { "X-Test-Principal": "ann" };
const to = (path: string) => ({ Destination: `http://files.example${path}` });
const asking = { Prefer: "processing" };

interface Unchanging {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly fields?: Record<string, string>;
  /** What fails, and how. */
  readonly fails: string;
  readonly by: TreeErrorCode;
  readonly first: number;
  readonly second: number;
  readonly calls: string;
}

const unchanging: readonly Unchanging[] = [
  {
    name: "the 207 of a COPY that replaced nothing",
    ...{ method: "COPY", target: "/a/", fields: to("/b/"), calls: "copy" },
    ...{ fails: "read /a/1", by: "no-space", first: 207, second: 204 },
  },
  {
    name: "the 507 of a COPY",
    ...{ method: "COPY", target: "/a/", fields: to("/new/"), calls: "copy" },
    ...{ fails: "write /new", by: "no-space", first: 507, second: 201 },
  },
  {
    name: "the 507 of a MOVE",
    ...{ method: "MOVE", target: "/a/", fields: to("/new/"), calls: "move" },
    ...{ fails: "write /new", by: "no-space", first: 507, second: 201 },
  },
  {
    name: "the 507 of a MKCOL",
    ...{ method: "MKCOL", target: "/new/", calls: "createCollection" },
    ...{ fails: "write /new", by: "no-space", first: 507, second: 201 },
  },
  {
    name: "the 207 of a DELETE that removed nothing",
    ...{ method: "DELETE", target: "/a/", calls: "remove" },
    ...{ fails: "remove /a/", by: "busy", first: 207, second: 204 },
  },
];

describe.each(overs)("Idempotency-Key over %s", (over) => {
  test.each(unchanging)(
    "$name changed nothing: once its cause is gone, the same key runs anew",
    async (row) => {
      let failing = true;
      const { call, calls, gate } = await open({
        over,
        failing: (act, path) => (failing && `${act} ${path}`.startsWith(row.fails) ? row.by : undefined),
      });
      gate.open();
      const options = { fields: { ...ann, ...key, ...row.fields } };
      const first = await call(row.method, row.target, options).answer();
      expect(first.status).toBe(row.first);
      failing = false;
      const second = await call(row.method, row.target, options).answer();
      expect(second.status).toBe(row.second);
      const third = await call(row.method, row.target, options).answer();
      expect([third.status, calls.get(row.calls)]).toEqual([row.second, 2]);
    },
  );

  test("a repetition joins the operation that runs: its own 102s, the same Location, done once (draft §2.6)", async () => {
    const { call, gate, calls, ended } = await open({ over });
    const fields = { ...ann, ...key, ...asking, ...to("/copy") };
    const first = call("COPY", "/a/", { fields });
    const location = (await first.interim()).field("Location");
    await gate.reached(1);
    const second = call("COPY", "/a/", { fields });
    const other = await second.interim();
    expect(other.status).toBe(102);
    expect(other.field("Location")).toBe(location);
    first.reset();
    await ended(1);
    gate.open();
    const answer = await second.answer();
    expect(answer.status).toBe(201);
    expect(answer.field("Link")).toBe(`<${location}>; rel="status"`);
    expect(calls.get("copy")).toBe(1);
  });

  test("a repetition after the end gets the kept outcome, and nothing runs again (draft §2.6)", async () => {
    const { call, gate, calls } = await open({ over });
    gate.open();
    const fields = { ...ann, ...key, ...to("/moved") };
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
    expect(calls.get("move")).toBe(1);
  });

  test("a key is the same with its quotes and without them", async () => {
    const { call, calls } = await open({ over });
    expect((await call("MKCOL", "/new", { fields: { ...ann, ...key } }).answer()).status).toBe(201);
    const bare = { ...ann, "Idempotency-Key": uuid };
    expect((await call("MKCOL", "/new", { fields: bare }).answer()).status).toBe(201);
    expect(calls.get("createCollection")).toBe(1);
  });

  test("two uploads with one key at once: one is put, the other joins it, and its draft is discarded", async () => {
    const server = await open({ over });
    const { call, gate, calls, tree } = server;
    gate.open();
    const options = { fields: { ...ann, ...key }, content: { byParts: 10 } };
    const uploads = [call("PUT", "/new", options), call("PUT", "/new", options)];
    for (const upload of uploads) upload.send("first");
    await vi.waitFor(() => expect(calls.get("draft")).toBe(2), { timeout: 30_000 });
    for (const upload of uploads) upload.send(" last", true);
    for (const upload of uploads) expect((await upload.answer()).status).toBe(201);
    expect(calls.get("commit")).toBe(1);
    expect(server.openDrafts).toBe(0);
    expect(await contentOf(tree, at("/new"))).toBe("first last");
  });

  test("of two uploads with one key but other content, the later to end gets 422, and leaves nothing", async () => {
    const server = await open({ over });
    const { call, gate, calls, tree } = server;
    gate.open();
    const options = { fields: { ...ann, ...key }, content: { byParts: 5 } };
    const [first, second] = [call("PUT", "/new", options), call("PUT", "/new", options)];
    await vi.waitFor(() => expect(calls.get("draft")).toBe(2), { timeout: 30_000 });
    first.send("first", true);
    expect((await first.answer()).status).toBe(201);
    second.send("other", true);
    expect((await second.answer()).status).toBe(422);
    expect(server.openDrafts).toBe(0);
    expect(await contentOf(tree, at("/new"))).toBe("first");
  });

  test("a repetition that is broken off inside its content is nothing, and the outcome stays", async () => {
    const server = await open({ over });
    const { call, gate, ended } = server;
    gate.open();
    const options = { fields: { ...ann, ...key }, content: { byParts: 5 } };
    const first = call("PUT", "/new", options);
    first.send("first", true);
    expect((await first.answer()).status).toBe(201);
    const broken = call("PUT", "/new", options);
    broken.send("fi");
    await vi.waitFor(() => expect(server.log.length).toBe(1), { timeout: 30_000 });
    broken.reset();
    await ended(2);
    const again = call("PUT", "/new", options);
    again.send("first", true);
    expect((await again.answer()).status).toBe(201);
    expect(server.calls.get("commit")).toBe(1);
  });
});

test("requests with one key in one packet, and a journal that is slow to answer: one runs, all get its answer", async () => {
  const journal = memoryJournal();
  const slow: Journal = {
    ...journal,
    // What it says may be old when it is heard.
    async byKey(name) {
      const found = await journal.byKey(name);
      await new Promise((resolve) => setImmediate(resolve));
      return found;
    },
  };
  const { port, calls } = await open({ over: "http2", operations: createOperations({ journal: slow }) });
  const session = connect(`http://127.0.0.1:${port}`);
  const statuses = await Promise.all(
    // The server sees all of them before it has looked for any.
    [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          const stream = session.request(
            { ":method": "MKCOL", ":path": "/new", "idempotency-key": uuid },
            { endStream: true },
          );
          stream.on("response", (headers) => resolve(headers[":status"]));
          stream.on("error", reject);
          stream.resume();
        }),
    ),
  );
  session.destroy();
  expect(statuses).toEqual([201, 201, 201]);
  expect(calls.get("createCollection")).toBe(1);
});

describe("what makes a request with a key another one: 422 (draft §2.7)", () => {
  const first = { ...ann, ...key, ...to("/x"), Overwrite: "T", Depth: "infinity" };
  const others: readonly [name: string, method: string, target: string, fields: Record<string, string>][] = [
    ["another method", "MOVE", "/a/", first],
    ["another target", "COPY", "/b/", first],
    ["another Destination", "COPY", "/a/", { ...first, ...to("/y") }],
    ["another Depth", "COPY", "/a/", { ...first, Depth: "0" }],
    ["another Overwrite", "COPY", "/a/", { ...first, Overwrite: "F" }],
    ["no Overwrite", "COPY", "/a/", { ...ann, ...key, ...to("/x"), Depth: "infinity" }],
    ["an If", "COPY", "/a/", { ...first, If: "(Not <DAV:no-lock>)" }],
    ["an If-Match", "COPY", "/a/", { ...first, "If-Match": "*" }],
    ["an If-None-Match", "COPY", "/a/", { ...first, "If-None-Match": '"x"' }],
    ["an If-Unmodified-Since", "COPY", "/a/", { ...first, "If-Unmodified-Since": "0" }],
    ["a Lock-Token", "COPY", "/a/", { ...first, "Lock-Token": "<urn:x>" }],
    ["a Content-Type", "COPY", "/a/", { ...first, "Content-Type": "text/plain" }],
    ["a Content-Range", "COPY", "/a/", { ...first, "Content-Range": "bytes 0-1/2" }],
    ["an X-OC-Mtime", "COPY", "/a/", { ...first, "X-OC-Mtime": "1" }],
  ];
  test.each(others)("%s, and nothing is changed", async (_name, method, target, fields) => {
    const { call, gate, calls } = await open({ over: "http" });
    gate.open();
    expect((await call("COPY", "/a/", { fields: first }).answer()).status).toBe(201);
    const answer = await call(method, target, { fields }).answer();
    expect(answer.status).toBe(422);
    expect(answer.body).toContain("Idempotency-Key");
    expect([...calls]).toEqual([["copy", 1]]);
  });

  test("other content, also while the first request runs", async () => {
    const { call, gate } = await open({ over: "http" });
    const fields = { ...ann, ...key };
    const first = call("PUT", "/new", { fields, content: "one" });
    await gate.reached(1);
    gate.open(1);
    await gate.reached(2);
    expect((await call("PUT", "/new", { fields, content: "two" }).answer()).status).toBe(422);
    gate.open();
    expect((await first.answer()).status).toBe(201);
  });

  test.each([
    ["User-Agent", { "User-Agent": "other" }],
    ["Prefer", { Prefer: "processing" }],
    ["Cookie", { Cookie: "a=b" }],
  ])("but not another %s", async (_name, fields) => {
    const { call } = await open({ over: "http" });
    expect((await call("MKCOL", "/new", { fields: { ...ann, ...key } }).answer()).status).toBe(201);
    const answer = await call("MKCOL", "/new", { fields: { ...ann, ...key, ...fields } }).answer();
    expect(answer.status).toBe(201);
  });

  test("XML content counts by its bytes: with a byte order mark, it is the same again", async () => {
    const { call } = await open({ over: "http" });
    const content =
      '\ufeff<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>';
    const fields = { ...ann, ...key, "Content-Type": "application/xml" };
    expect((await call("PROPPATCH", "/doc", { fields, content }).answer()).status).toBe(207);
    expect((await call("PROPPATCH", "/doc", { fields, content }).answer()).status).toBe(207);
    const other = content.replace(">1<", ">2<");
    expect((await call("PROPPATCH", "/doc", { fields, content: other }).answer()).status).toBe(422);
  });
});

describe("a failure that was the outcome is given again: that is what a key means (draft §2.6)", () => {
  const copyF = { ...ann, ...key, ...to("/b/"), Overwrite: "F" };
  test("412, also when it would succeed now", async () => {
    const { call, gate, tree } = await open({ over: "http" });
    gate.open();
    expect((await call("COPY", "/a/", { fields: copyF }).answer()).status).toBe(412);
    await tree.move(at("/b"), at("/c"), { replace: false }, testWork());
    expect((await call("COPY", "/a/", { fields: copyF }).answer()).status).toBe(412);
    const fresh = { ...copyF, "Idempotency-Key": "another-key-of-the-same-client" };
    expect((await call("COPY", "/a/", { fields: fresh }).answer()).status).toBe(201);
  });

  test("423, also when the lock is gone", async () => {
    const { call, gate, locks } = await open({ over: "http" });
    gate.open();
    const lock = await plantLock(locks, at("/a"));
    expect((await call("DELETE", "/a/", { fields: { ...ann, ...key } }).answer()).status).toBe(423);
    await locks.remove(lock.token);
    expect((await call("DELETE", "/a/", { fields: { ...ann, ...key } }).answer()).status).toBe(423);
    expect((await call("DELETE", "/a/", { fields: ann }).answer()).status).toBe(204);
  });

  test("but 503 said to try again, and nothing was done: the repetition runs", async () => {
    const { call, gate } = await open({ over: "http" });
    const blocking = call("DELETE", "/a/", { fields: ann });
    await gate.reached(1);
    const busy = await call("MOVE", "/a/", { fields: { ...ann, ...key, ...to("/moved") } }).answer();
    expect([busy.status, busy.field("Retry-After")]).toEqual([503, "2"]);
    const other = await call("MOVE", "/a/", { fields: { ...ann, ...key, ...to("/other") } }).answer();
    expect(other.status).toBe(422);
    gate.open();
    expect((await blocking.answer()).status).toBe(204);
    const again = await call("MOVE", "/a/", { fields: { ...ann, ...key, ...to("/moved") } }).answer();
    expect(again.status).toBe(404);
  });
});

describe("whose key it is", () => {
  test("another principal with the same key runs anew", async () => {
    const { call, calls } = await open({ over: "http" });
    expect((await call("MKCOL", "/new", { fields: { ...ann, ...key } }).answer()).status).toBe(201);
    const bob = { ...key, "X-Test-Principal": "bob" };
    expect((await call("MKCOL", "/new", { fields: bob }).answer()).status).toBe(405);
    expect((await call("MKCOL", "/new", { fields: key }).answer()).status).toBe(405);
    expect(calls.get("createCollection")).toBe(1);
  });

  test.each([
    ["a UUID counts", uuid, 201],
    ["22 characters of noise count", "Zk3vQ81xWm-_Lp0aTy7RcA", 201],
    ["a short one does not", "first-try", 405],
    ["a long one that anybody may guess does not", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 405],
  ])("an anonymous client's key counts only if nobody guesses it: %s", async (_name, value, status) => {
    const { call } = await open({ over: "http" });
    const fields = { "Idempotency-Key": value };
    expect((await call("MKCOL", "/new", { fields }).answer()).status).toBe(201);
    expect((await call("MKCOL", "/new", { fields }).answer()).status).toBe(status);
  });

  test("the right is asked for again, first: 403 once it was taken away, running or ended", async () => {
    let access = openAccess;
    const { call, gate, tree } = await open({
      over: "http",
      access: {
        may: (principal, action, path) => access.may(principal, action, path),
        exceptions: (principal, action, path) => access.exceptions(principal, action, path),
      },
    });
    const fields = { ...ann, ...key };
    const first = call("DELETE", "/a/", { fields });
    await gate.reached(1);
    access = readOnlyAccess;
    expect((await call("DELETE", "/a/", { fields }).answer()).status).toBe(403);
    gate.open();
    expect((await first.answer()).status).toBe(204);
    expect((await call("DELETE", "/a/", { fields }).answer()).status).toBe(403);
    access = openAccess;
    expect((await call("DELETE", "/a/", { fields }).answer()).status).toBe(204);
    expect(await tree.lookup(at("/a"))).toBeUndefined();
  });

  test("the right to the parent is asked for again where the method needs it", async () => {
    let mayParent = true;
    const { call } = await open({
      over: "http",
      access: {
        may: (_who, action, path) => action === "read" || path !== "/" || mayParent,
        exceptions: () => [],
      },
    });
    const fields = { ...ann, ...key };
    expect((await call("MKCOL", "/new", { fields }).answer()).status).toBe(201);
    mayParent = false;
    expect((await call("MKCOL", "/new", { fields }).answer()).status).toBe(403);
  });
});

describe("malformed and many", () => {
  test.each([
    ["an empty one", ""],
    ["an empty string", '""'],
    ["a quote that is not closed", '"abc'],
    ["two", "a, b"],
    ["parameters", '"a";b=c'],
    ["characters beyond ASCII", "sch\u00fc"],
    ["256 characters", "k".repeat(256)],
    ["10 KB", "k".repeat(10_240)],
    ["10 KB in quotes", `"${"k".repeat(10_240)}"`],
  ])("%s: 400, and nothing is done", async (_name, value) => {
    const { call, calls } = await open({ over: "http" });
    const fields = { ...ann, "Idempotency-Key": value };
    expect((await call("MKCOL", "/new", { fields }).answer()).status).toBe(400);
    expect(calls.size).toBe(0);
  });

  test("keys are kept up to a number, and the oldest ones forgotten", async () => {
    const { call, journal } = await open({ over: "http", entries: 20 });
    const put = (number: number) =>
      call("MKCOL", `/col-${number}`, { fields: { ...ann, "Idempotency-Key": `key-${number}` } }).answer();
    for (let number = 0; number < 60; number += 1) expect((await put(number)).status).toBe(201);
    expect(journal.size).toBe(20);
    expect((await put(59)).status).toBe(201);
    expect((await put(0)).status).toBe(405);
  });

  test("where the key cannot be recorded the work does not begin: 507, and the draft is discarded", async () => {
    const journal = memoryJournal();
    const full = {
      ...journal,
      get size() {
        return 0;
      },
      put: () => Promise.reject(new Error("no room")),
    };
    const drafts = { open: 0 };
    const server = await serve({ operations: createOperations({ journal: full }) });
    servers.push(server);
    const { draft } = server.tree;
    server.tree.draft = async (path, how) => {
      const begun = await draft.call(server.tree, path, how);
      drafts.open += 1;
      const { discard } = begun;
      begun.discard = async () => {
        drafts.open -= 1;
        await discard.call(begun);
      };
      return begun;
    };
    expect((await server.ask("PUT", "/new", key, "content")).status).toBe(507);
    expect(await server.tree.lookup(at("/new"))).toBeUndefined();
    await vi.waitFor(() => expect(drafts.open).toBe(0), { timeout: 30_000 });
  });

  test("a key whose operation was interrupted by a restart gets that outcome, and nothing runs", async () => {
    const { call, operations, journal, calls } = await open({ over: "http" });
    expect((await call("MKCOL", "/other", { fields: { ...ann, ...key } }).answer()).status).toBe(201);
    const [entry] = await operations.list("ann", 1);
    if (!entry || "ended" in entry) throw new Error("not kept");
    const before = { ...entry, state: "running", endedAtMs: undefined, outcome: undefined } as const;
    const restarted = createOperations({
      journal: { ...journal, ...memoryJournal(), unfinished: () => [before] },
    });
    await restarted.recover(
      () => undefined,
      () => ({ status: 500, fields: {}, content: "interrupted" }),
    );
    const server = await serveRejoin({ over: "http", operations: restarted });
    servers.push(server);
    const answer = await server.call("MKCOL", "/other", { fields: { ...ann, ...key } }).answer();
    expect([answer.status, answer.body]).toEqual([500, "interrupted"]);
    expect(server.calls.size).toBe(0);
    expect(calls.get("createCollection")).toBe(1);
  });
});

describe("an answer that is given again", () => {
  test.each([
    ["a success", "MKCOL", "/new", {}, 201],
    ["a failure", "MOVE", "/missing", to("/b"), 404],
  ])("says so: %s", async (_name, method, target, fields, status) => {
    const { call } = await open({ over: "http" });
    const all = { ...ann, ...key, ...fields };
    const first = await call(method, target, { fields: all }).answer();
    expect([first.status, first.field("Idempotency-Replayed")]).toEqual([status, undefined]);
    const again = await call(method, target, { fields: all }).answer();
    expect([again.status, again.field("Idempotency-Replayed")]).toEqual([status, "true"]);
  });

  test("is no success where it was too large to be kept", async () => {
    const operations = createOperations({ journal: memoryJournal({}, undefined, 10) });
    const { call } = await open({ over: "http", operations });
    const fields = { ...ann, ...key, ...to("/locked/new") };
    const first = await call("COPY", "/missing", { fields }).answer();
    expect(first.status).toBe(404);
    const again = await call("COPY", "/missing", { fields }).answer();
    expect([again.status, again.field("Idempotency-Replayed")]).toEqual([409, "true"]);
    expect(again.field("Link")).toMatch(/rel="status"/);
  });
});

test.each([
  ["PUT", '"short"', undefined, "guessable"],
  ["MKCOL", "1234", undefined, "guessable"],
  ["DELETE", '"short"', undefined, "guessable"],
  ["PUT", '"short"', "ann", undefined],
  ["PUT", `"${uuid}"`, undefined, undefined],
  ["GET", '"short"', undefined, undefined],
  ["PUT", '"', undefined, undefined],
])("%s with the key %s of %s: Idempotency-Ignored is %s", async (method, name, who, expected) => {
  const server = await serve();
  servers.push(server);
  const fields = { "Idempotency-Key": name, ...(who === undefined ? {} : { "X-Test-Principal": who }) };
  for (const target of ["/x", "/none/x"]) {
    expect((await server.ask(method, target, fields)).field("idempotency-ignored")).toBe(expected);
  }
});
