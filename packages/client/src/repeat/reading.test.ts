import { describe, expect, test } from "vitest";
import { ConnectionError, type ConnectionErrorCode } from "../error/connection-error.ts";
import {
  clientOf,
  multistatusAnswer,
  type ScriptedAnswer,
  scriptedServer,
  testTime,
} from "../testing/scripted-server.ts";

const failure = (code: ConnectionErrorCode) => new ConnectionError(code, code, { mayHaveArrived: true });
const failing =
  (code: ConnectionErrorCode): ScriptedAnswer =>
  () => {
    throw failure(code);
  };

const response = (name: string) =>
  `<D:response><D:href>/dav/${name}</D:href><D:propstat><D:prop><D:resourcetype/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;

/** A listing of these names; with a loss after the last. */
function listing(names: readonly string[], lost = false): Response {
  if (!lost) return multistatusAnswer(...names.map(response));
  const text = `<D:multistatus xmlns:D="DAV:">${names.map(response).join("")}`;
  let sent = false;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(failure("lost"));
      else controller.enqueue(new TextEncoder().encode(text));
      sent = true;
    },
  });
  return new Response(content, { status: 207, headers: { "Content-Type": "application/xml" } });
}

async function namesIn(answers: readonly (ScriptedAnswer | Response)[]) {
  const time = testTime();
  const server = scriptedServer(
    ...answers.map((answer) => (answer instanceof Response ? () => answer : answer)),
  );
  const names: string[] = [];
  let error: unknown;
  try {
    for await (const { name } of clientOf(server, time).list("")) names.push(name);
  } catch (caught) {
    error = caught;
  }
  return { names, error, requests: server.seen.length, slept: time.slept };
}

test("a listing that is lost goes on where it was (RFC 9110 §9.2.1)", async () => {
  const { names, error, slept } = await namesIn([
    listing(["", "a", "b"], true),
    failing("lost"),
    listing(["", "a", "b", "c"], true),
    listing(["", "a", "b", "c", "d"]),
  ]);
  expect(error).toBeUndefined();
  expect(names).toEqual(["a", "b", "c", "d"]);
  expect(slept).toEqual([375, 375, 375]);
});

test.each([
  ["another member came in between", ["", "a", "x", "b", "c"]],
  ["one is gone", ["", "a", "c"]],
  ["the last ones are gone", ["", "a"]],
])("but not where %s: that is an error, for what was told may be wrong", async (_, then) => {
  const { names, error, requests } = await namesIn([listing(["", "a", "b"], true), listing(then)]);
  expect(names).toEqual(["a", "b"]);
  expect(error).toMatchObject({ code: "malformed" });
  expect(requests).toBe(2);
});

test("losses without a member between them come to an end", async () => {
  const { error, requests, slept } = await namesIn([failing("lost")]);
  expect(error).toMatchObject({ code: "lost" });
  expect([requests, slept]).toEqual([4, [375, 750, 1500]]);
});

test.each(["refused", "tls", "name-unknown", "malformed", "idle"] as const)(
  "what is %s from the start is not tried again",
  async (code) => {
    const { error, requests } = await namesIn([failing(code)]);
    expect(error).toMatchObject({ code });
    expect(requests).toBe(1);
  },
);

test("a server that answered before is given the time to start again", async () => {
  const { names, requests, slept } = await namesIn([
    listing(["", "a"], true),
    ...Array.from({ length: 4 }, () => failing("refused")),
    listing(["", "a", "b"]),
  ]);
  expect(names).toEqual(["a", "b"]);
  expect(requests).toBe(6);
  expect(slept).toEqual([375, 375, 750, 1500, 3000]);
});

test("stat and get come back before the answer, and stat within it", async () => {
  const member = listing(["a"]);
  const server = scriptedServer(
    failing("lost"),
    () => listing([], true),
    () => member,
  );
  expect((await clientOf(server).stat("a")).name).toBe("a");
  const other = scriptedServer(failing("lost"), () => new Response("content"));
  expect(await new Response((await clientOf(other).get("a")).content).text()).toBe("content");
});

test("UNLOCK is not sent again: the lock may be another's by then", async () => {
  const server = scriptedServer(failing("lost"));
  await expect(clientOf(server).unlock("a", "urn:x:1")).rejects.toMatchObject({
    name: "OutcomeUnknownError",
  });
  expect(server.seen).toHaveLength(1);
});

test("whoever leaves does not wait", async () => {
  const leaving = new AbortController();
  const server = scriptedServer(() => {
    leaving.abort(new Error("left"));
    throw failure("lost");
  });
  await expect(clientOf(server).stat("a", { signal: leaving.signal })).rejects.toBeDefined();
  expect(server.seen).toHaveLength(1);
});

test("the time for all is not counted anew", async () => {
  const left: (number | undefined)[] = [];
  const server = scriptedServer(
    (_, { timeoutMs }) => {
      left.push(timeoutMs);
      throw failure("lost");
    },
    (_, { timeoutMs }) => {
      left.push(timeoutMs);
      return listing(["a"]);
    },
  );
  await clientOf(server).stat("a", { timeoutMs: 1000 });
  expect(left).toEqual([1000, 625]);
});

describe("who is not ready to answer", () => {
  const notReady = (status: number, fields: Record<string, string> = {}) =>
    scriptedServer(
      () => new Response("later", { status, headers: fields }),
      () => listing(["a"]),
    );

  test.each([502, 503, 504])("with %i is asked again, where nothing is changed", async (status) => {
    const time = testTime();
    expect((await clientOf(notReady(status), time).stat("a")).name).toBe("a");
    expect(time.slept).toEqual([375]);
  });

  test.each([503, 429])("with %i is not asked sooner than he wants (RFC 9110 §10.2.3)", async (status) => {
    const time = testTime();
    await clientOf(notReady(status, { "Retry-After": "7" }), time).stat("a");
    expect(time.slept).toEqual([7_375]); // and a little more: those whom a server sends away do not come back at once
  });

  test.each([503, 429])("with %i in the middle of a download is waited for, too", async (status) => {
    const time = testTime();
    const server = scriptedServer(
      () => {
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            controller.error(failure("lost"));
          },
        });
        return new Response(body, { headers: { ETag: '"1"', "Content-Length": "1" } });
      },
      () => new Response("", { status, headers: { "Retry-After": "7" } }),
      () => new Response("a", { headers: { ETag: '"1"' } }),
    );
    const { content } = await clientOf(server, time).get("a");
    expect(await new Response(content).text()).toBe("a");
    expect(time.slept).toEqual([375, 7_750]);
  });

  test.each([
    ["he wants more than 10 seconds", {}, "11"],
    ["there is not so much time", { timeoutMs: 7000 }, "7"],
  ])("has given his answer where %s", async (_, patience, wanted) => {
    const time = testTime();
    const server = notReady(503, { "Retry-After": wanted });
    await expect(clientOf(server, time).stat("a", patience)).rejects.toMatchObject({ status: 503 });
    expect(server.seen).toHaveLength(1);
    expect(time.slept).toEqual([]);
  });

  test("is not asked for all again, where it took him too long: that is walked", async () => {
    const server = scriptedServer(
      () => new Response("too long", { status: 504 }),
      () => listing(["", "a"]),
    );
    const names: string[] = [];
    for await (const { name } of clientOf(server).list("", { depth: "infinity" })) names.push(name);
    expect(names).toEqual(["a"]);
    expect(server.seen.map(({ headers }) => headers.get("depth"))).toEqual(["infinity", "1"]);
  });

  test("has given his answer after some tries", async () => {
    const time = testTime();
    const server = scriptedServer(() => new Response("never", { status: 503 }));
    await expect(clientOf(server, time).stat("a")).rejects.toMatchObject({ status: 503 });
    expect(time.slept).toEqual([375, 750, 1500, 3000, 6000]);
  });

  test.each<[number, Record<string, string>]>([
    [500, { "Retry-After": "1" }],
    [404, { "Retry-After": "1" }],
    [429, {}],
    [503, { "Idempotency-Replayed": "true" }],
  ])("but %i with %j is an answer", async (status, fields) => {
    const server = notReady(status, fields);
    await expect(clientOf(server).stat("a")).rejects.toMatchObject({ status });
    expect(server.seen).toHaveLength(1);
  });

  test("is not asked again for what changes something", async () => {
    const server = notReady(503);
    await expect(clientOf(server).unlock("a", "urn:x:1")).rejects.toMatchObject({ status: 503 });
    expect(server.seen).toHaveLength(1);
  });
});
