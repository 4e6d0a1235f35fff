/** What goes over the wire while an operation is under way (RFC 2518 §10.1, §9.7; RFC 9110 §15.2). */

import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { DavError, parsePath } from "@meanwhile/dav";
import { formatProgress, parseProgress, parseStatusUri } from "@meanwhile/interim/fields";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryTree, type MemoryTreeOptions } from "../testing/memory/memory-tree.ts";
import {
  type Served,
  type ServeOptions,
  serve,
  type TestGate,
  testGate,
} from "../testing/own/serve-fixture.ts";
import { requestBytes, type WireClient, type WireHead } from "../testing/own/wire-client.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Interim responses come every few milliseconds here, so that no test has to wait. */
const quick = { mode: "standard", front: "none", afterMs: 5, everyMs: 5 } as const;

interface SlowServed extends Served {
  readonly gate: TestGate;
}

/** A server whose tree deals with a member only when the gate lets it. */
async function open(
  options: ServeOptions = {},
  members = 5,
  how: MemoryTreeOptions = {},
  name = (n: number): string => `m${n}`,
): Promise<SlowServed> {
  const gate = testGate();
  const memory = createMemoryTree(how);
  await memory.createCollection(parsePath("/src"), []);
  for (let n = 1; n <= members; n += 1) await plant(memory, `/src/${name(n)}`);
  const tree = slowTree(memory, (step) => (step === "member" ? gate.pass() : Promise.resolve()));
  const server = await serve({ tree, interim: quick, ...options });
  cleanups.push(() => server.close());
  cleanups.push(() => gate.open());
  return { ...server, gate };
}

const copyFields = { Destination: "/dst/" };

/** Reads interim responses until one that satisfies; gives all that came. */
async function until(
  client: WireClient,
  satisfied: (head: WireHead) => boolean,
): Promise<readonly WireHead[]> {
  const heads: WireHead[] = [];
  for (;;) {
    const head = await client.head();
    expect(head.status).toBe(102);
    heads.push(head);
    if (satisfied(head)) return heads;
  }
}

const doneIn = (head: WireHead): number => parseProgress(head.field("Progress") ?? "")?.done ?? -1;

test("the first 102 has Location and Progress, later ones Progress and Status-URI (§10.1, §9.7)", async () => {
  const { dial, gate } = await open();
  const client = dial();
  client.send(requestBytes("COPY", "/src/", copyFields));
  await gate.reached(1);
  const first = await client.head();
  expect(first.status).toBe(102);
  expect(first.fields.map(([name]) => name)).toEqual(["location", "progress"]);
  expect(first.field("Location")).toMatch(/^http:\/\/files\.example\/\.meanwhile\/operations\/[\w-]{22}$/);
  expect(first.field("Progress")).toBe(formatProgress({ done: 0, total: 6 }));
  gate.open(2);
  const later = await until(client, (head) => doneIn(head) === 2);
  expect(later.at(-1)?.field("Location")).toBeUndefined();
  const told = later.flatMap(({ fields }) =>
    fields.filter(([name]) => name === "status-uri").map(([, value]) => value),
  );
  // One pair a line, the latest first, each told once.
  expect(told.sort()).toEqual([
    "201 <http://files.example/src/>",
    expect.stringMatching(/^201 <http:\/\/files\.example\/src\/m\d>$/),
  ]);
  gate.open();
  const final = await client.response();
  expect(final.status).toBe(201);
  expect(final.field("Link")).toBe(`<${first.field("Location")}>; rel="status"`);
});

test("progress never goes backwards, and the total is left out until it is known", async () => {
  const { dial, gate, tree } = await open({}, 12);
  // A tree that finds out late how many there are.
  const { copy } = tree;
  tree.copy = (source, destination, how, work) =>
    copy.call(tree, source, destination, how, {
      ...work,
      signal: work.signal,
      skipped: work.skipped,
      counted: () => undefined,
      done(path, kind) {
        work.done(path, kind);
        if (path === "/src/m6") work.counted();
      },
      found: (members) => work.found(members),
    });
  const client = dial();
  client.send(requestBytes("COPY", "/src/", copyFields));
  const seen: WireHead[] = [await client.head()];
  for (let done = 1; done <= 12; done += 1) {
    gate.open(1);
    seen.push(...(await until(client, (head) => doneIn(head) === done)));
  }
  gate.open();
  expect((await client.response()).status).toBe(201);
  const progress = seen.map((head) => parseProgress(head.field("Progress") ?? ""));
  const counts = progress.map((each) => each?.done ?? -1);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(progress[0]?.total).toBeUndefined();
  expect(progress.at(-1)?.total).toBe(13);
});

test("members that failed are told of first, in the interim response and in the final one (§9.7)", async () => {
  const failing: MemoryTreeOptions["failing"] = (act, path) =>
    act === "read" && path === "/src/m1" ? "denied" : undefined;
  const { dial, gate } = await open({}, 5, { failing });
  const client = dial();
  client.send(requestBytes("COPY", "/src/", copyFields));
  await client.head();
  gate.open(4);
  // All four results may come in one interim response, or in several.
  const heads = await until(client, (head) => doneIn(head) === 4);
  for (const head of heads) {
    const statuses = head.fields
      .filter(([name]) => name === "status-uri")
      .flatMap(([, value]) => parseStatusUri(value))
      .map(({ status }) => status);
    expect(statuses).toEqual(statuses.toSorted((a, b) => b - a));
  }
  expect(heads.some((head) => head.field("Status-URI")?.includes("403 <http://files.example/src/m1>"))).toBe(
    true,
  );
  gate.open();
  expect((await client.response()).status).toBe(207);
});

test("each interim response stays under 3.5 KiB, whatever the names; URIs that do not fit are left out", async () => {
  // Names of 255 bytes, each of which needs three characters in a URL.
  const name = (n: number): string => `${n}`.padStart(3, "0") + "é".repeat(126);
  const { dial, gate } = await open({ interim: { ...quick, everyMs: 30 } }, 40, {}, name);
  const client = dial();
  client.send(requestBytes("COPY", "/src/", copyFields));
  const first = await client.head();
  gate.open(30);
  const heads = [first, ...(await until(client, (head) => doneIn(head) === 30))];
  for (const { bytes } of heads) expect(bytes).toBeLessThan(3584);
  const largest = Math.max(...heads.map(({ bytes }) => bytes));
  expect(largest).toBeGreaterThan(2000);
  gate.open();
  expect((await client.response()).status).toBe(201);
});

describe("who gets none", () => {
  const measured = { mode: "measured", front: "none", afterMs: 5, everyMs: 5 } as const;
  const curl = { "User-Agent": "curl/8.14.1" };
  type Row = readonly [
    name: string,
    interim: ServeOptions["interim"],
    fields: Record<string, string>,
    some: boolean,
  ];
  const rows: readonly Row[] = [
    ["a client that was measured good gets them", measured, curl, true],
    ["a nameless client", measured, {}, false],
    ["an unknown client", measured, { "User-Agent": "Frobnicator/1.0" }, false],
    [
      "an unknown client that asks gets them",
      measured,
      { "User-Agent": "Frobnicator/1.0", Prefer: "processing" },
      true,
    ],
    ["Python requests", measured, { "User-Agent": "python-requests/2.32.3" }, false],
    ["a client behind a hop that shows (Via)", measured, { ...curl, Via: "1.1 proxy" }, false],
    [
      "a client behind a hop that shows (X-Forwarded-For)",
      measured,
      { ...curl, "X-Forwarded-For": "192.0.2.1" },
      false,
    ],
    [
      "a client on loopback where no front is declared",
      { ...measured, front: undefined } as unknown as ServeOptions["interim"],
      curl,
      false,
    ],
    [
      "one who asks on loopback where no front is declared gets them",
      { ...measured, front: undefined } as unknown as ServeOptions["interim"],
      { ...curl, Prefer: "processing" },
      true,
    ],
    [
      "anybody behind nginx, asked or not",
      { ...measured, front: "nginx" },
      { ...curl, Prefer: "processing" },
      false,
    ],
    ["who does not ask, in mode asked", { ...measured, mode: "asked" }, curl, false],
  ];
  test.each(rows)("%s", async (_name, interim, fields, some) => {
    const { dial, gate, log, logged } = await open(interim === undefined ? {} : { interim });
    const client = dial();
    client.send(requestBytes("COPY", "/src/", { ...copyFields, ...fields }));
    await gate.reached(1);
    if (some) {
      expect((await client.head()).status).toBe(102);
      gate.open();
      expect((await client.response()).status).toBe(201);
      return;
    }
    // Another client's third interim response shows that enough time has gone by.
    const other = await open();
    const witness = other.dial();
    witness.send(requestBytes("COPY", "/src/", copyFields));
    for (let interims = 0; interims < 3; interims += 1) await witness.head();
    gate.open();
    const final = await client.response();
    expect(final.status).toBe(201);
    expect(final.interims).toEqual([]);
    expect(final.field("Link")).toBeUndefined();
    await logged(1);
    expect(log[0]?.interims).toBe(0);
  });

  test("a client of HTTP/1.0, which gets neither 102 nor 100 (RFC 9110 §15.2, §10.1.1)", async () => {
    const { dial, gate } = await open();
    const client = dial();
    client.send(
      "PUT /new HTTP/1.0\r\nHost: files.example\r\nPrefer: processing\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    );
    client.send("x");
    expect((await client.response()).interims).toEqual([]);
    const other = dial();
    other.send(
      "COPY /src/ HTTP/1.0\r\nHost: files.example\r\nPrefer: processing\r\nDestination: /dst/\r\n\r\n",
    );
    await gate.reached(1);
    const witness = dial();
    witness.send(requestBytes("COPY", "/src/", { Destination: "/dst2/" }));
    for (let interims = 0; interims < 3; interims += 1) await witness.head();
    gate.open();
    expect((await other.response()).interims).toEqual([]);
  });
});

test("who asks with Prefer: processing gets the first at once (RFC 7240)", async () => {
  const { dial, gate } = await open({ interim: { ...quick, afterMs: 3_600_000, everyMs: 3_600_000 } });
  const client = dial();
  client.send(requestBytes("COPY", "/src/", { ...copyFields, Prefer: "processing" }));
  expect((await client.head()).field("Location")).toBeDefined();
  gate.open();
  expect((await client.response()).status).toBe(201);
});

test("no 102 comes before the upload has ended, but 100 does (§10.1, RFC 9110 §10.1.1)", async () => {
  const gate = testGate();
  const tree = slowTree(createMemoryTree(), (step) => (step === "commit" ? gate.pass() : Promise.resolve()));
  const server = await serve({ tree, interim: quick });
  cleanups.push(() => server.close());
  cleanups.push(() => gate.open());
  const client = server.dial();
  client.send(
    requestBytes("PUT", "/doc", { Expect: "100-continue", "Content-Length": "7", Prefer: "processing" }),
  );
  expect((await client.head()).status).toBe(100);
  client.send("con");
  // Another client's interim responses show that time goes by.
  const other = await open();
  const witness = other.dial();
  witness.send(requestBytes("COPY", "/src/", copyFields));
  for (let interims = 0; interims < 3; interims += 1) await witness.head();
  expect(server.operations.open).toBe(0);
  client.send("tent");
  await gate.reached(1);
  expect((await client.head()).status).toBe(102);
  gate.open();
  const final = await client.response();
  expect(final.status).toBe(201);
  expect(final.interims.every(({ status }) => status === 102)).toBe(true);
});

test("the operation goes on when its client leaves, and the status document shows its outcome", async () => {
  const { dial, gate, ask, operations, tree, log, logged } = await open();
  const client = dial();
  client.send(requestBytes("COPY", "/src/", copyFields));
  const location = new URL((await client.head()).field("Location") ?? "").pathname;
  await client.leave();
  const running = JSON.parse((await ask("GET", location)).body) as Record<string, unknown>;
  expect(running).toMatchObject({
    version: 1,
    state: "running",
    method: "COPY",
    progress: { done: 0, total: 6 },
  });
  expect(running).not.toHaveProperty("outcome");
  gate.open();
  await operations.idle();
  const finished = JSON.parse((await ask("GET", location)).body) as { outcome: { href: string } };
  expect(finished).toMatchObject({
    state: "finished",
    progress: { done: 6, total: 6 },
    outcome: { status: 201 },
  });
  expect((await ask("GET", new URL(finished.outcome.href).pathname)).status).toBe(201);
  expect(await tree.lookup(parsePath("/dst/m5"))).toBeDefined();
  await logged(4);
  expect(log.find(({ method }) => method === "COPY")).toMatchObject({ undelivered: true, status: 201 });
});

describe("the status document", () => {
  async function running(
    fields: Record<string, string> = {},
  ): Promise<SlowServed & { client: WireClient; location: string }> {
    const server = await open();
    const client = server.dial();
    client.send(requestBytes("COPY", "/src/", { ...copyFields, ...fields }));
    const location = new URL((await client.head()).field("Location") ?? "").pathname;
    return { ...server, client, location };
  }

  test("is 404 to anybody else, as if it had never been", async () => {
    const { ask, location } = await running({ "X-Test-Principal": "jane" });
    expect((await ask("GET", location, { "X-Test-Principal": "jane" })).status).toBe(200);
    const never = await ask("GET", `${location}x`);
    for (const who of [{ "X-Test-Principal": "joe" }, {}]) {
      for (const target of [location, `${location}/outcome`]) {
        const answer = await ask("GET", target, who);
        expect([answer.status, answer.body]).toEqual([404, never.body]);
      }
      expect((await ask("DELETE", location, who)).status).toBe(404);
    }
  });

  test("is found in any encoding, and is never to be kept by caches", async () => {
    const { ask, location } = await running();
    for (const target of [location, location.replace("/.", "//%2e"), `${location}/`]) {
      const answer = await ask("GET", target);
      expect(answer.status).toBe(200);
      expect(answer.field("Cache-Control")).toBe("no-store");
      expect(answer.field("Content-Type")).toBe("application/json");
    }
    const head = await ask("HEAD", location);
    expect([head.status, head.body]).toEqual([200, ""]);
  });

  test("changes its ETag with every change, and is 304 without one", async () => {
    const { ask, location, gate } = await running();
    const etag = (await ask("GET", location)).field("ETag") ?? "";
    for (const field of [etag, `"x", ${etag}`]) {
      expect((await ask("GET", location, { "If-None-Match": field })).status).toBe(304);
    }
    gate.open(1);
    await gate.reached(2);
    const answer = await ask("GET", location, { "If-None-Match": etag });
    expect(answer.status).toBe(200);
    expect(answer.field("ETag")).not.toBe(etag);
  });

  test("DELETE cancels what runs: 202, and its client gets 409", async () => {
    const { ask, client, gate, location, operations, tree } = await running();
    const cancelled = await ask("DELETE", location);
    expect(cancelled.status).toBe(202);
    expect(JSON.parse(cancelled.body)).toMatchObject({ state: "cancelling" });
    gate.open();
    const final = await client.response();
    expect(final.status).toBe(409);
    await operations.idle();
    expect(await tree.lookup(parsePath("/dst"))).toBeUndefined();
    expect(JSON.parse((await ask("GET", location)).body)).toMatchObject({
      state: "cancelled",
      outcome: { status: 409 },
    });
  });

  test.each(["PUT", "PROPFIND", "MKCOL", "COPY", "MOVE", "LOCK", "PROPPATCH", "UNLOCK"])(
    "%s of it is refused with 403",
    async (method) => {
      const { ask, location } = await running();
      for (const target of [location, "/.meanwhile/operations/"]) {
        expect((await ask(method, target, { Destination: "/new" })).status).toBe(403);
      }
    },
  );
});

test("two pipelined requests: the second's interim responses wait for the first's final one (RFC 9112 §9.3.2)", async () => {
  const { dial, gate } = await open();
  const client = dial();
  client.send(
    Buffer.concat([
      requestBytes("COPY", "/src/", copyFields),
      requestBytes("COPY", "/src/", { Destination: "/dst2/" }),
    ]),
  );
  const first = (await client.head()).field("Location");
  await gate.reached(2);
  gate.open(6);
  const heads: WireHead[] = [];
  // Whose members were let through is left to chance: let all go once the first has shown itself alone.
  for (let interims = 0; interims < 3; interims += 1) heads.push(await client.head());
  for (const head of heads) expect(head.field("Location")).toBeUndefined();
  gate.open();
  const one = await client.response();
  expect(one.status).toBe(201);
  expect(one.field("Link")).toContain(first);
  const two = await client.response();
  expect(two.status).toBe(201);
});

test.each(["GET", "COPY"])(
  "a status below 200 from within a %s is a clear 500, not a response that never ends",
  async (method) => {
    const tree = createMemoryTree();
    const mistaken = () => Promise.reject(new DavError(102, "a mistake"));
    Object.assign(tree, { lookup: mistaken, open: mistaken });
    const { ask } = await open({ tree });
    expect((await ask(method, "/doc", copyFields)).status).toBe(500);
  },
);

describe("over HTTP/2", () => {
  function session(port: number): ClientHttp2Session {
    const client = connect(`http://127.0.0.1:${port}`);
    client.on("error", () => undefined);
    cleanups.push(() => client.destroy());
    return client;
  }

  test("102s come as header blocks before the final one, with the same fields", async () => {
    const { port, gate } = await open({ over: "http2" });
    const stream = session(port).request(
      { ":method": "COPY", ":path": "/src/", destination: "/dst/" },
      { endStream: true },
    );
    const interims: IncomingHttpHeaders[] = [];
    stream.on("headers", (headers) => {
      interims.push(headers);
      if (interims.length === 1) gate.open(2);
      else if (String(headers["progress"]).startsWith("2")) gate.open();
    });
    const [final] = (await once(stream, "response")) as [IncomingHttpHeaders];
    stream.resume();
    expect(final[":status"]).toBe(201);
    expect(interims.every((headers) => Number(headers[":status"]) === 102)).toBe(true);
    expect(interims[0]?.["location"]).toMatch(/\/\.meanwhile\/operations\//);
    expect(interims.slice(1).every((headers) => headers["location"] === undefined)).toBe(true);
    expect(interims.some((headers) => String(headers["status-uri"]).includes("201 <http://127.0.0.1:"))).toBe(
      true,
    );
    expect(final["link"]).toBe(`<${interims[0]?.["location"]}>; rel="status"`);
  });

  test("a client that resets its stream leaves an operation that goes on", async () => {
    const { port, gate, operations, tree } = await open({ over: "http2" });
    const stream = session(port).request(
      { ":method": "COPY", ":path": "/src/", destination: "/dst/" },
      { endStream: true },
    );
    stream.on("error", () => undefined);
    await once(stream, "headers");
    stream.close(8);
    await once(stream, "close");
    expect(operations.open).toBe(1);
    gate.open();
    await operations.idle();
    expect(await tree.lookup(parsePath("/dst/m1"))).toBeDefined();
  });

  test.each([[true], [false]])(
    "100 is sent once (listening to checkContinue: %s), and none where the upload is refused",
    async (checkContinue) => {
      const { port } = await open({ over: "http2", checkContinue });
      const client = session(port);
      const put = (path: string) => {
        const stream = client.request(
          { ":method": "PUT", ":path": path, expect: "100-continue" },
          { endStream: false },
        );
        const continues: number[] = [];
        stream.on("headers", (headers) => continues.push(Number(headers[":status"])));
        return { stream, continues };
      };
      const taken = put("/new");
      await once(taken.stream, "headers");
      taken.stream.end("content");
      const [final] = (await once(taken.stream, "response")) as [IncomingHttpHeaders];
      expect(final[":status"]).toBe(201);
      expect(taken.continues.filter((status) => status === 100)).toEqual([100]);
      if (!checkContinue) return;
      const refused = put("/none/new");
      const [refusal] = (await once(refused.stream, "response")) as [IncomingHttpHeaders];
      refused.stream.on("error", () => undefined);
      refused.stream.close();
      expect(refusal[":status"]).toBe(409);
      expect(refused.continues).toEqual([]);
    },
  );
});
