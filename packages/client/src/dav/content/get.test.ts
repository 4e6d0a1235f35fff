import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../error/connection-error.ts";
import {
  clientOf,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
  testTime,
} from "../../testing/scripted-server.ts";
import type { GetOptions } from "../dav-client.ts";
import { parseContentRange } from "./content-range.ts";

const whole = "0123456789";

describe("get", () => {
  test("tells what the server says of the content, and gives it", async () => {
    const server = scriptedServer(
      new Response(whole, {
        headers: {
          "Content-Length": "10",
          "Content-Type": "text/plain",
          ETag: '"1"',
          "Last-Modified": "Thu, 15 Jan 2026 12:00:00 GMT",
        },
      }),
    );
    const download = await clientOf(server).get("a");
    expect(download).toMatchObject({
      length: 10,
      total: 10,
      etag: '"1"',
      contentType: "text/plain",
      modified: new Date("2026-01-15T12:00:00Z"),
    });
    expect(await new Response(download.content).text()).toBe(whole);
    expect(server.seen[0]?.headers.has("range")).toBe(false);
    expect(server.seen[0]?.headers.get("accept-encoding")).toBe("identity");
  });

  test.each<[GetOptions["range"], string, string]>([
    [{ start: 3 }, "bytes=3-", "3456789"],
    [{ start: 3, end: 5 }, "bytes=3-5", "345"],
    [{ start: 0, end: 0 }, "bytes=0-0", "0"],
    [{ start: 8, end: 100 }, "bytes=8-100", "89"],
  ])(
    "gives the range %j, be it that the server gives ranges or everything (RFC 9110 §14.2)",
    async (range, field, text) => {
      for (const ranges of [true, false]) {
        const server = steadyServer({ ranges });
        const download = await clientOf(server).get("a", range === undefined ? {} : { range });
        expect(server.seen[0]?.headers.get("range")).toBe(field);
        expect(download).toMatchObject({ length: text.length, total: 10 });
        expect(await new Response(download.content).text()).toBe(text);
      }
    },
  );

  test.each<[string, Response]>([
    [
      "a 206 to a request without Range",
      new Response("0", { status: 206, headers: { "Content-Range": "bytes 0-0/10" } }),
    ],
    ["another status", new Response(null, { status: 204 })],
  ])("%s is an error", async (_name, answer) => {
    await expect(clientOf(scriptedServer(answer)).get("a")).rejects.toMatchObject({ code: "malformed" });
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["multipart/byteranges", { "Content-Type": "multipart/byteranges; boundary=x" }],
    ["another beginning", { "Content-Range": "bytes 2-5/10" }],
    ["more than was asked for", { "Content-Range": "bytes 3-6/10" }],
    ["no range of bytes", { "Content-Range": "lines 3-5/10" }],
  ])("a 206 with %s is an error", async (_name, headers) => {
    const server = scriptedServer(new Response("345", { status: 206, headers }));
    await expect(clientOf(server).get("a", { range: { start: 3, end: 5 } })).rejects.toMatchObject({
      code: "malformed",
    });
  });

  test.each([304, 404, 412, 416])("%i is an error", async (status) => {
    await expect(clientOf(scriptedServer(new Response(null, { status }))).get("a")).rejects.toMatchObject({
      name: "HttpError",
      status,
    });
  });

  test("refuses ranges and entity tags that are none", async () => {
    const client = clientOf(steadyServer({}));
    for (const range of [{ start: -1 }, { start: 0.5 }, { start: 3, end: 2 }, { start: Number.NaN }]) {
      await expect(client.get("a", { range })).rejects.toMatchObject({ code: "ERR_RANGE" });
    }
    await expect(client.get("a", { ifMatch: "abc" })).rejects.toMatchObject({ code: "ERR_ENTITY_TAG" });
  });
});

describe("content of a lost connection", () => {
  test("goes on where it was, by If-Range and the strong entity tag (RFC 9110 §13.1.5)", async () => {
    const server = steadyServer({ cutAfter: 3 });
    const time = testTime();
    const { content } = await clientOf(server, time).get("a");
    expect(await new Response(content).text()).toBe(whole);
    expect(server.seen.map(({ headers }) => [headers.get("range"), headers.get("if-range")])).toEqual([
      [null, null],
      ["bytes=3-9", '"1"'],
      ["bytes=6-9", '"1"'],
      ["bytes=9-9", '"1"'],
    ]);
    expect(time.slept.every((pause) => pause >= 250 && pause <= 500)).toBe(true);
  });

  test("goes on within a range", async () => {
    const server = steadyServer({ cutAfter: 2 });
    const { content } = await clientOf(server).get("a", { range: { start: 2, end: 7 } });
    expect(await new Response(content).text()).toBe("234567");
    expect(server.seen.map(({ headers }) => headers.get("range"))).toEqual([
      "bytes=2-7",
      "bytes=4-7",
      "bytes=6-7",
    ]);
  });

  test("passes over what it has where the server gives the whole again", async () => {
    const server = steadyServer({ cuts: [3, 8], ranges: false });
    const { content } = await clientOf(server).get("a");
    expect(await new Response(content).text()).toBe(whole);
  });

  test("that ends too early without a word counts as lost (RFC 9112 §8)", async () => {
    const server = scriptedServer(
      new Response("01234", { headers: { "Content-Length": "10", ETag: '"1"' } }),
      new Response("56789", { status: 206, headers: { "Content-Range": "bytes 5-9/10", ETag: '"1"' } }),
    );
    expect(await new Response((await clientOf(server).get("a")).content).text()).toBe(whole);
  });

  test.each<[string, Response]>([
    ["has changed since", new Response("abcdefghij", { headers: { ETag: '"2"', "Content-Length": "10" } })],
    ["is shorter now", new Response(null, { status: 416 })],
    [
      "is another by its 206",
      new Response("3456789", { status: 206, headers: { "Content-Range": "bytes 3-9/10", ETag: '"2"' } }),
    ],
    [
      "is given from elsewhere",
      new Response("456789", { status: 206, headers: { "Content-Range": "bytes 4-9/10" } }),
    ],
    [
      "has another length by its 206",
      new Response("3456789ab", { status: 206, headers: { "Content-Range": "bytes 3-11/12", ETag: '"1"' } }),
    ],
    [
      "is coded by its 206 (RFC 9110 §14)",
      new Response("3456789", {
        status: 206,
        headers: { "Content-Range": "bytes 3-9/10", ETag: '"1"', "Content-Encoding": "gzip" },
      }),
    ],
    ["is gone", new Response(null, { status: 404 })],
  ])("is an error where the resource %s", async (_name, second) => {
    const server = scriptedServer(cutAnswer(3, { ETag: '"1"' }), () => second);
    const { content } = await clientOf(server).get("a");
    await expect(new Response(content).text()).rejects.toThrow();
    expect(server.seen).toHaveLength(2);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["without an entity tag", {}],
    ["with a weak one", { ETag: 'W/"1"' }],
  ])("is an error %s", async (_name, headers) => {
    const server = scriptedServer(cutAnswer(3, headers));
    const { content } = await clientOf(server).get("a");
    await expect(new Response(content).text()).rejects.toMatchObject({ code: "lost" });
    expect(server.seen).toHaveLength(1);
  });

  test("is an error of content that a browser has unpacked: its bytes cannot be counted", async () => {
    const fields = { ETag: '"1"', "Content-Encoding": "gzip" };
    const server = scriptedServer(() => new Response(pieces(whole, 3), { headers: fields }));
    const { content } = await clientOf(server).get("a");
    await expect(new Response(content).text()).rejects.toMatchObject({ code: "lost" });
    expect(server.seen).toHaveLength(1);
  });

  test("goes on in content that is stored compressed", async () => {
    const fields = { ETag: '"1"', "Content-Encoding": "x-gzip" };
    const server = scriptedServer(
      cutAnswer(3, fields),
      new Response("3456789", { status: 206, headers: { ...fields, "Content-Range": "bytes 3-9/10" } }),
    );
    const { content, length } = await clientOf(server).get("a");
    expect([length, await new Response(content).text()]).toEqual([10, whole]);
  });

  test("gives up after five losses without a byte, and waits longer each time", async () => {
    const time = testTime();
    const lost = new ConnectionError("lost", "gone", { mayHaveArrived: true });
    const server = scriptedServer(cutAnswer(3, { ETag: '"1"' }), () => Promise.reject(lost));
    const { content } = await clientOf(server, time).get("a");
    await expect(new Response(content).text()).rejects.toMatchObject({ code: "lost" });
    expect(time.slept).toEqual([375, 750, 1500, 3000, 6000]);
  });

  test("waits for a server that is not ready", async () => {
    const server = scriptedServer(
      cutAnswer(3, { ETag: '"1"' }),
      new Response("", { status: 503 }),
      new Response("3456789", { status: 206, headers: { "Content-Range": "bytes 3-9/10", ETag: '"1"' } }),
    );
    expect(await new Response((await clientOf(server).get("a")).content).text()).toBe(whole);
  });

  test("is left where its reader leaves it", async () => {
    const server = steadyServer({ cutAfter: 3 });
    const { content } = await clientOf(server).get("a");
    await content.cancel();
    expect(server.seen).toHaveLength(1);
  });
});

test.each([
  ["bytes 0-9/10", { start: 0, end: 9, total: 10 }],
  ["Bytes 5-5/*", { start: 5, end: 5 }],
  ["bytes 9-0/10", undefined],
  ["bytes 0-10/10", undefined],
  ["bytes */10", undefined],
  ["bytes 0-99999999999999999/*", undefined],
  ["bytes 9007199254740992-9007199254740993/*", undefined],
  [null, undefined],
])("Content-Range %j (RFC 9110 §14.4)", (value, range) => {
  expect(parseContentRange(value)).toEqual(range);
});

interface Steady {
  readonly ranges?: boolean;
  /** Bytes after which each connection is lost. */
  readonly cutAfter?: number;
  /** The same, for one connection after the other. */
  readonly cuts?: readonly number[];
}

/** Gives "0123456789", or the range that is asked for. */
function steadyServer({ ranges = true, cutAfter, cuts = [] }: Steady): ScriptedServer {
  let exchanges = 0;
  const answer: ScriptedAnswer = ({ headers }) => {
    const cut = cuts[exchanges] ?? cutAfter ?? Number.POSITIVE_INFINITY;
    exchanges += 1;
    const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
    const isPart = ranges && headers.has("range");
    const start = isPart ? Number(first) : 0;
    const end = isPart && last !== "" ? Math.min(Number(last), 9) : 9;
    const length = end - start + 1;
    const fields = { ETag: '"1"', "Content-Length": String(length) };
    if (!isPart) return new Response(pieces(whole, cut), { headers: fields });
    return new Response(pieces(whole.slice(start, end + 1), cut), {
      status: 206,
      headers: { ...fields, "Content-Range": `bytes ${start}-${end}/10` },
    });
  };
  return scriptedServer(answer);
}

function cutAnswer(after: number, headers: Readonly<Record<string, string>>): ScriptedAnswer {
  return () => new Response(pieces(whole, after), { headers: { "Content-Length": "10", ...headers } });
}

/** A byte at a time, and an error after so many. */
function pieces(text: string, cut: number): ReadableStream<Uint8Array> {
  let given = 0;
  return new ReadableStream({
    pull(controller) {
      if (given === text.length) controller.close();
      else if (given === cut) controller.error(new ConnectionError("lost", "cut", { mayHaveArrived: true }));
      else controller.enqueue(new TextEncoder().encode(text.charAt(given)));
      given += 1;
    },
  });
}
