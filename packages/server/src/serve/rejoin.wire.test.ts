import { afterEach, describe, expect, test, vi } from "vitest";
import { openAccess, readOnlyAccess } from "../access.ts";
import { type RejoinOptions, type RejoinServer, serveRejoin } from "../testing/own/rejoin-fixture.ts";
import { overs, type TestCall } from "../testing/own/test-call.ts";
import { testWork } from "../testing/test-work.ts";
import { at, contentOf, etagOf, put } from "../testing/tree/tree-fixture.ts";

const servers: RejoinServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: RejoinOptions): Promise<RejoinServer> {
  const server = await serveRejoin(options);
  servers.push(server);
  return server;
}

const ann = { "X-Test-Principal": "ann" };
const to = (path: string) => ({ Destination: `http://files.example${path}` });
const asking = { Prefer: "processing" };
const anonymous = {};
const trusted = { trustedProxy: () => true };
const from = (address: string) => ({ "X-Forwarded-For": address });

/** Who sends the same request: one user's two clients, or two anonymous ones. */
const pairs = [
  ["two clients of one user", ann],
  ["two anonymous clients", anonymous],
] as const;

describe.each(overs)("a repetition without a key over %s", (over) => {
  test("joins an operation whose connections are all gone: the same Location, done once", async () => {
    const { call, gate, calls, ended } = await open({ over });
    const fields = { ...ann, ...asking, ...to("/copy") };
    const first = call("COPY", "/a/", { fields });
    const location = (await first.interim()).field("Location");
    await gate.reached(1);
    first.reset();
    await ended(1);
    const second = call("COPY", "/a/", { fields });
    expect((await second.interim()).field("Location")).toBe(location);
    gate.open();
    expect((await second.answer()).status).toBe(201);
    expect(calls.get("copy")).toBe(1);
  });

  test("50 broken connections in one COPY: one operation, copied once", async () => {
    const { call, gate, calls, ended, log, operations } = await open({ over });
    const fields = { ...ann, ...asking, ...to("/copy") };
    const locations = new Set<string | undefined>();
    for (let number = 1; number <= 50; number += 1) {
      const attempt = call("COPY", "/a/", { fields });
      locations.add((await attempt.interim()).field("Location"));
      // A little goes on meanwhile.
      if (number === 20 || number === 40) gate.open(1);
      attempt.reset();
      await ended(number);
    }
    expect(operations.open).toBe(1);
    const last = call("COPY", "/a/", { fields });
    locations.add((await last.interim()).field("Location"));
    gate.open();
    expect((await last.answer()).status).toBe(201);
    expect(locations.size).toBe(1);
    expect(calls.get("copy")).toBe(1);
    await vi.waitFor(() => expect(log.length).toBe(51), { timeout: 30_000 });
    expect(new Set(log.map(({ operation }) => operation)).size).toBe(1);
    expect(log.filter(({ undelivered }) => undelivered).length).toBe(50);
  });

  test("does not join one that somebody still waits for: it waits a moment, then 503 with Retry-After", async () => {
    const { call, gate, timers, calls } = await open({ over, limits: { claimMs: 2000 } });
    const fields = { ...ann, ...to("/copy") };
    const first = call("COPY", "/a/", { fields });
    await gate.reached(1);
    const second = call("COPY", "/a/", { fields });
    await vi.waitFor(() => expect(timers.pending).toBe(1), { timeout: 30_000 });
    timers.advance(2000);
    const busy = await second.answer();
    expect([busy.status, busy.field("Retry-After")]).toEqual([503, "2"]);
    gate.open();
    expect((await first.answer()).status).toBe(201);
    expect(calls.get("copy")).toBe(1);
  });

  test("the first client finds its operation again after another one has competed", async () => {
    const { call, gate, ended, calls } = await open({ over });
    const fields = { ...ann, ...asking, ...to("/copy") };
    const first = call("COPY", "/a/", { fields });
    const location = (await first.interim()).field("Location");
    await gate.reached(1);
    expect((await call("COPY", "/a/", { fields }).answer()).status).toBe(503);
    first.reset();
    await ended(2);
    const again = call("COPY", "/a/", { fields });
    expect((await again.interim()).field("Location")).toBe(location);
    gate.open();
    expect((await again.answer()).status).toBe(201);
    expect(calls.get("copy")).toBe(1);
  });

  test("a PUT that is under way to its place is joined, and the repetition's draft is discarded", async () => {
    const server = await open({ over, slow: ["commit"] });
    const { call, gate, ended, calls, tree } = server;
    const first = call("PUT", "/new", { fields: ann, content: "content" });
    await gate.reached(1);
    first.reset();
    await ended(1);
    const second = call("PUT", "/new", { fields: { ...ann, ...asking }, content: "content" });
    await second.interim();
    expect(server.openDrafts).toBe(1);
    gate.open();
    expect((await second.answer()).status).toBe(201);
    expect(calls.get("commit")).toBe(1);
    expect(server.openDrafts).toBe(0);
    expect(await contentOf(tree, at("/new"))).toBe("content");
  });

  test("a PUT of other content is no repetition", async () => {
    const { call, gate, ended } = await open({ over, slow: ["commit"] });
    const first = call("PUT", "/new", { fields: ann, content: "content" });
    await gate.reached(1);
    first.reset();
    await ended(1);
    expect((await call("PUT", "/new", { fields: ann, content: "CONTENT" }).answer()).status).toBe(503);
  });

  test.each(pairs)("%s send the same MKCOL at once: exactly one succeeds", async (_who, fields) => {
    const { call } = await open({ over, limits: { claimMs: 2000 } });
    const two = [call("MKCOL", "/new", { fields }), call("MKCOL", "/new", { fields })];
    expect(await statuses(two)).toEqual([201, 405]);
  });

  test.each(pairs)("%s send the same PUT with If-None-Match: * at once: one succeeds", async (_who, who) => {
    const server = await open({ over, limits: { claimMs: 2000 } });
    server.gate.open();
    const options = { fields: { ...who, "If-None-Match": "*" }, content: "content" };
    const two = [server.call("PUT", "/new", options), server.call("PUT", "/new", options)];
    expect(await statuses(two)).toEqual([201, 412]);
    expect(server.openDrafts).toBe(0);
  });

  test.each(pairs)("%s send the same COPY with Overwrite: F at once: one succeeds", async (_who, who) => {
    const { call, gate, calls } = await open({ over, limits: { claimMs: 2000 } });
    const fields = { ...who, ...to("/copy"), Overwrite: "F" };
    const two = [call("COPY", "/a/", { fields }), call("COPY", "/a/", { fields })];
    await gate.reached(1);
    gate.open();
    expect(await statuses(two)).toEqual([201, 412]);
    expect(calls.get("copy")).toBe(1);
  });
});

async function statuses(calls: readonly TestCall[]): Promise<readonly number[]> {
  const answers = await Promise.all(calls.map((call) => call.answer()));
  return answers.map(({ status }) => status).sort((one, other) => one - other);
}

describe("whose operation may be joined without a key", () => {
  const others: readonly [
    name: string,
    first: Readonly<Record<string, string>>,
    second: Readonly<Record<string, string>>,
    joins: boolean,
  ][] = [
    [
      "the same principal from elsewhere",
      { ...ann, ...from("192.0.2.1") },
      { ...ann, ...from("192.0.2.2") },
      true,
    ],
    ["another principal", ann, { "X-Test-Principal": "bob" }, false],
    ["an anonymous client where a principal asked", ann, anonymous, false],
    ["a principal where an anonymous client asked", anonymous, ann, false],
    ["an anonymous client of the same address", from("192.0.2.1"), from("192.0.2.1"), true],
    ["an anonymous client of another address", from("192.0.2.1"), from("192.0.2.2"), false],
  ];
  test.each(others)("%s", async (_name, first, second, joins) => {
    const { call, gate, ended } = await open({ over: "http", ...trusted });
    const attempt = call("DELETE", "/a/", { fields: first });
    await gate.reached(1);
    attempt.reset();
    await ended(1);
    const again = call("DELETE", "/a/", { fields: second });
    // Nobody but who joins has to wait for the gate.
    if (!joins) expect((await again.answer()).status).toBe(503);
    gate.open();
    if (joins) expect((await again.answer()).status).toBe(204);
  });

  test("the right is asked for again: 403 once it was taken away", async () => {
    let access = openAccess;
    const { call, gate, ended } = await open({
      over: "http",
      access: {
        may: (who, action, path) => access.may(who, action, path),
        exceptions: (who, action, path) => access.exceptions(who, action, path),
      },
    });
    const attempt = call("DELETE", "/a/", { fields: ann });
    await gate.reached(1);
    attempt.reset();
    await ended(1);
    access = readOnlyAccess;
    expect((await call("DELETE", "/a/", { fields: ann }).answer()).status).toBe(403);
  });

  test("one who was answered 202 was answered: a repetition does not join, nor get the outcome", async () => {
    const { call, gate, timers } = await open({ over: "http" });
    const fields = { ...ann, ...to("/moved") };
    const first = call("MOVE", "/a/", { fields: { ...fields, Prefer: "respond-async, wait=1" } });
    await gate.reached(1);
    timers.advance(1000);
    expect((await first.answer()).status).toBe(202);
    timers.advance(2000);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(503);
    gate.open();
    await vi.waitFor(async () => expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404), {
      timeout: 30_000,
    });
  });
});

/** How a client loses an answer. The operation has ended when this resolves. */
type Loss = (server: RejoinServer, first: TestCall) => Promise<void>;

const losses: readonly [name: string, lose: Loss][] = [
  [
    "before it",
    async ({ gate, ended, operations }, first) => {
      await gate.reached(1);
      first.reset();
      await ended(1);
      gate.open();
      await operations.idle();
    },
  ],
  [
    "by a reset of its connection within 2 s after the last byte",
    async ({ gate, timers }, first) => {
      gate.open();
      await first.answer();
      timers.advance(1999);
      first.resetConnection();
      await vi.waitFor(() => expect(timers.pending).toBe(0), { timeout: 30_000 });
    },
  ],
];

/** Requests whose repetition fails for their having succeeded. */
const fragile: readonly [
  method: string,
  target: string,
  fields: Readonly<Record<string, string>>,
  status: number,
][] = [
  ["MOVE", "/a/", to("/moved"), 201],
  ["MOVE", "/a/", to("/b/"), 204],
  ["MOVE", "/doc", { ...to("/moved"), Overwrite: "F" }, 201],
  ["DELETE", "/a/", {}, 204],
  ["DELETE", "/doc", {}, 204],
  ["COPY", "/a/", { ...to("/copied"), Overwrite: "F" }, 201],
];

describe.each(overs)("an answer that was lost, over %s", (over) => {
  describe.each(losses)("%s", (_how, lose) => {
    test.each(fragile)("%s %s %j: the repetition gets it", async (method, target, fields, status) => {
      const server = await open({ over });
      await lose(server, server.call(method, target, { fields: { ...ann, ...fields } }));
      const again = await server.call(method, target, { fields: { ...ann, ...fields } }).answer();
      expect(again.status).toBe(status);
    });
  });

  test("MKCOL, lost by a reset: the repetition gets 201", async () => {
    const { call, timers } = await open({ over });
    const first = call("MKCOL", "/new", { fields: ann });
    await first.answer();
    first.resetConnection();
    await vi.waitFor(() => expect(timers.pending).toBe(0), { timeout: 30_000 });
    expect((await call("MKCOL", "/new", { fields: ann }).answer()).status).toBe(201);
  });

  test("an answer that arrived is never given again: the connection was reset 2 s after it", async () => {
    const { call, gate, timers } = await open({ over });
    gate.open();
    const fields = { ...ann, ...to("/moved") };
    const first = call("MOVE", "/a/", { fields });
    await first.answer();
    timers.advance(2000);
    first.resetConnection();
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("an answer of which nobody knows yet whether it arrived is not given again", async () => {
    const { call, gate } = await open({ over });
    gate.open();
    const fields = { ...ann, ...to("/moved") };
    await call("MOVE", "/a/", { fields }).answer();
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });
});

describe("a lost success is given again only where that is true and safe", () => {
  const fields = { ...ann, ...to("/moved") };

  async function lost(
    method = "MOVE",
    target = "/a/",
    with_: Readonly<Record<string, string>> = fields,
  ): Promise<RejoinServer> {
    const server = await open({ over: "http", ...trusted });
    const first = server.call(method, target, { fields: with_ });
    await server.gate.reached(1);
    first.reset();
    await server.ended(1);
    server.gate.open();
    await server.operations.idle();
    return server;
  }

  test("again as long as it is lost, and once it arrived no more", async () => {
    const { call, timers } = await lost();
    const second = call("MOVE", "/a/", { fields });
    expect((await second.answer()).status).toBe(201);
    second.resetConnection();
    await vi.waitFor(() => expect(timers.pending).toBe(0), { timeout: 30_000 });
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
    timers.advance(2000);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("within 10 minutes", async () => {
    const { call, timers } = await lost();
    timers.advance(10 * 60_000 + 1);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("still at 10 minutes", async () => {
    const { call, timers } = await lost();
    timers.advance(10 * 60_000);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
  });

  test("not where the clock was set back", async () => {
    let offset = 0;
    const server = await open({ over: "http", now: () => 1_000_000 + offset });
    const first = server.call("MOVE", "/a/", { fields });
    await server.gate.reached(1);
    first.reset();
    await server.ended(1);
    server.gate.open();
    await server.operations.idle();
    offset = -1;
    expect((await server.call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("not to another principal, nor to anonymous clients", async () => {
    const { call } = await lost();
    const bob = { ...fields, "X-Test-Principal": "bob" };
    expect((await call("MOVE", "/a/", { fields: bob }).answer()).status).toBe(404);
    expect((await call("MOVE", "/a/", { fields: to("/moved") }).answer()).status).toBe(404);
  });

  test("to anonymous clients of the same address only", async () => {
    const server = await lost("MOVE", "/a/", { ...to("/moved"), ...from("192.0.2.1") });
    const ask = async (address: string) => {
      const answer = server.call("MOVE", "/a/", { fields: { ...to("/moved"), ...from(address) } }).answer();
      return (await answer).status;
    };
    expect(await ask("192.0.2.2")).toBe(404);
    expect(await ask("192.0.2.1")).toBe(201);
  });

  test("the source was made anew meanwhile: the repetition runs, and the next one, too", async () => {
    const { call, tree, timers, calls } = await lost();
    await put(tree, at("/a"), "new");
    expect((await call("MOVE", "/a", { fields }).answer()).status).toBe(204);
    expect(calls.get("move")).toBe(2);
    expect(await contentOf(tree, at("/moved"))).toBe("new");
    timers.advance(2000);
  });

  test("a later answer that arrived says what became of the request: no stale success after it", async () => {
    const { call, tree, timers } = await lost();
    await tree.createCollection(at("/a"), []);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(204);
    timers.advance(2000);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("MOVE with Overwrite: F fails 412 where the source was made anew: that is not for its having succeeded", async () => {
    const careful = { ...fields, Overwrite: "F" };
    const { call, tree } = await lost("MOVE", "/a/", careful);
    await tree.createCollection(at("/a"), []);
    expect((await call("MOVE", "/a/", { fields: careful }).answer()).status).toBe(412);
  });

  test("MOVE: what it moved was taken away again: 404", async () => {
    const { call, tree } = await lost();
    await tree.remove(at("/moved"), testWork());
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(404);
  });

  test("DELETE: the resource was made anew: the repetition runs", async () => {
    const { call, tree } = await lost("DELETE", "/doc", ann);
    await put(tree, at("/doc"), "new");
    expect((await call("DELETE", "/doc", { fields: ann }).answer()).status).toBe(204);
    expect(await tree.lookup(at("/doc"))).toBeUndefined();
  });

  test("COPY with Overwrite: T runs again", async () => {
    const copy = { ...ann, ...to("/copied") };
    const { call, calls } = await lost("COPY", "/a/", copy);
    expect((await call("COPY", "/a/", { fields: copy }).answer()).status).toBe(204);
    expect(calls.get("copy")).toBe(2);
  });

  test("PUT runs again, and its If-None-Match: * is judged", async () => {
    const server = await open({ over: "http", slow: ["commit"] });
    const options = { fields: { ...ann, "If-None-Match": "*" }, content: "content" };
    const first = server.call("PUT", "/new", options);
    await server.gate.reached(1);
    first.reset();
    await server.ended(1);
    server.gate.open();
    await server.operations.idle();
    expect((await server.call("PUT", "/new", options).answer()).status).toBe(412);
  });

  test("a condition that held only before the success is no hindrance: DELETE with If-Match", async () => {
    const server = await open({ over: "http" });
    const careful = { ...ann, "If-Match": await etagOf(server.tree, at("/doc")) };
    const first = server.call("DELETE", "/doc", { fields: careful });
    await server.gate.reached(1);
    first.reset();
    await server.ended(1);
    server.gate.open();
    await server.operations.idle();
    expect((await server.call("DELETE", "/doc", { fields: careful }).answer()).status).toBe(204);
  });

  test("a lost failure is judged anew", async () => {
    const server = await open({ over: "http" });
    const careful = { ...ann, ...to("/b/"), Overwrite: "F" };
    const first = server.call("COPY", "/a/", { fields: careful });
    expect((await first.answer()).status).toBe(412);
    first.resetConnection();
    await vi.waitFor(() => expect(server.timers.pending).toBe(0), { timeout: 30_000 });
    await server.tree.remove(at("/b"), testWork());
    server.gate.open();
    expect((await server.call("COPY", "/a/", { fields: careful }).answer()).status).toBe(201);
  });

  test("a busy resource says nothing: after its 503 the lost success is still given", async () => {
    const { call, operations } = await lost();
    const release = await operations.claims.acquire([{ path: "/a", scope: "tree", mode: "exclusive" }], 0);
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(503);
    release?.();
    expect((await call("MOVE", "/a/", { fields }).answer()).status).toBe(201);
  });

  test("403 comes first, where the right was taken away", async () => {
    let access = openAccess;
    const server = await open({
      over: "http",
      access: {
        may: (who, action, path) => access.may(who, action, path),
        exceptions: (who, action, path) => access.exceptions(who, action, path),
      },
    });
    const first = server.call("DELETE", "/a/", { fields: ann });
    await server.gate.reached(1);
    first.reset();
    await server.ended(1);
    server.gate.open();
    await server.operations.idle();
    access = readOnlyAccess;
    expect((await server.call("DELETE", "/a/", { fields: ann }).answer()).status).toBe(403);
  });
});
