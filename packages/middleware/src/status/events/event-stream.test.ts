import { describe, expect, test } from "vitest";
import {
  collectionUrl,
  jsonOf,
  readStream,
  settled,
  statusFixture,
  testExchange,
} from "../../testing/status-fixture.ts";

function resultsOf(data: unknown): readonly { readonly status: number }[] {
  return (data as { results: readonly { readonly status: number }[] }).results;
}

const accept = { accept: "text/event-stream" };

describe("the events of an operation (WHATWG HTML, server-sent events)", () => {
  test("its head says that nothing is kept, and HEAD opens no stream", async () => {
    const { start, ask, pendingTimers } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const head = await ask(operation.id, { method: "HEAD", headers: accept });
    expect(head).toMatchObject({
      status: 200,
      content: "",
      fields: {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        Vary: "Accept, Prefer",
      },
    });
    expect(pendingTimers()).toBe(0);
  });

  test("begins with the state of now, goes on with what is new, and ends with the outcome", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await settled();
    expect(stream.text).toMatch(/^retry: 2000\n\nevent: progress\n/);
    work.progress(1, 3);
    work.result(201, "/a");
    await advance(250);
    await end({ status: 207 });
    expect(stream.ended).toBe(true);
    expect(stream.events).toMatchObject([
      { event: "progress", data: { state: "running", progress: { done: 0 } } },
      { event: "result", data: { version: 1, results: [{ status: 201, uri: "/a" }] } },
      { event: "progress", data: { progress: { done: 1, total: 3 }, failed: [] } },
      { event: "outcome", id: "end", data: { state: "finished", outcome: { status: 207 } } },
    ]);
    const document = jsonOf(await ask(operation.id));
    expect(stream.events.at(-1)?.data).toEqual(document);
  });

  test("a thousand reports between two pieces of news are one: the latest wins", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await settled();
    for (let done = 1; done <= 1000; done += 1) work.progress(done, 1000);
    await advance(249);
    expect(stream.events).toHaveLength(1);
    await advance(1);
    expect(stream.events).toHaveLength(2);
    expect(stream.events[1]).toMatchObject({ data: { progress: { done: 1000 } } });
  });

  test("the outcome does not wait for the pause to be over", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await settled();
    await end();
    expect(stream.events.at(-1)?.event).toBe("outcome");
  });

  test("a comment is sent when there was no news for 15 seconds", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await advance(250);
    const before = stream.text;
    await advance(14_999);
    expect(stream.text).toBe(before);
    await advance(1);
    expect(stream.text).toBe(`${before}:\n\n`);
    await advance(30_000);
    expect(stream.text).toBe(`${before}:\n\n:\n\n:\n\n`);
  });

  test("a client that comes back is told the results that it missed, and the end", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const exchange = testExchange();
    work.result(201, "/1");
    const first = readStream(await ask(operation.id, { headers: accept, exchange }));
    await settled();
    const lastEventId = first.events.at(-1)?.id ?? "";
    exchange.leave();
    await settled();
    expect(first.ended).toBe(true);
    work.result(423, "/2");
    const back = readStream(
      await ask(operation.id, { headers: { ...accept, "last-event-id": lastEventId } }),
    );
    await advance(250);
    expect(back.events[0]).toMatchObject({
      event: "result",
      data: { results: [{ status: 423, uri: "/2" }] },
    });
    await end();
    const late = readStream(
      await ask(operation.id, { headers: { ...accept, "last-event-id": lastEventId } }),
    );
    await settled();
    expect(late.events.map(({ event }) => event)).toEqual(["outcome"]);
    expect(late.ended).toBe(true);
  });

  test("whoever has the end is told not to come back: 204", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const headers = { ...accept, "last-event-id": "end" };
    const running = readStream(await ask(operation.id, { headers }));
    await settled();
    expect(running.events[0]?.event).toBe("progress");
    await end();
    expect(await ask(operation.id, { headers })).toMatchObject({ status: 204, content: "" });
  });

  test.each(["", "x", "999999.1", "-1.0", "1e9.1", `${"9".repeat(400)}.1`])(
    "a Last-Event-ID that was never sent (%j) hides nothing",
    async (lastEventId) => {
      const { start, ask } = statusFixture();
      const { operation, work } = start({ principal: "ann" });
      work.result(423, "/a");
      const stream = readStream(
        await ask(operation.id, { headers: { ...accept, "last-event-id": lastEventId } }),
      );
      await settled();
      expect(stream.events.map(({ event }) => event)).toEqual(["result", "progress"]);
    },
  );

  test("an event has at most a hundred results, failures first", async () => {
    const { start, ask } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    for (let member = 0; member < 150; member += 1) work.result(member % 2 === 0 ? 423 : 201, `/${member}`);
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await settled();
    const results = resultsOf(stream.events[0]?.data);
    expect(results).toHaveLength(100);
    expect(results.slice(0, 75).every(({ status }) => status === 423)).toBe(true);
  });

  test("names with line ends and other dangers stay within their event", async () => {
    const { start, ask } = statusFixture();
    const target = "http://files.example/a\n\nevent: outcome\ndata: {}\r\u2028";
    const { operation, work } = start({ principal: "ann", target });
    work.result(500, "/\r\ndata: x");
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await settled();
    expect(stream.events.map(({ event }) => event)).toEqual(["result", "progress"]);
    expect(stream.events[1]?.data).toMatchObject({ target });
  });

  test("a client that leaves leaves nothing behind", async () => {
    const { start, ask, pendingTimers, advance } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const exchange = testExchange();
    const stream = readStream(await ask(operation.id, { headers: accept, exchange }));
    await advance(1000);
    exchange.leave();
    await settled();
    expect(stream.ended).toBe(true);
    expect(pendingTimers()).toBe(0);
    expect(operation.state).toBe("running");
  });

  test("the end of the process ends the stream without an outcome", async () => {
    const { start, ask, operations, advance } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await advance(1000);
    operations.abandon();
    await settled();
    expect(stream.ended).toBe(true);
    expect(stream.events.map(({ event }) => event)).toEqual(["progress"]);
  });

  test("an operation that only the journal knows is looked at until it ends or is gone", async () => {
    const { start, ask, operations, advance } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end();
    const ended = await operations.find(operation.id);
    if (!ended || "ended" in ended) throw new Error("it is kept by now");
    const running = { ...ended, state: "running" as const, outcome: undefined, endedAtMs: undefined };
    let kept: typeof running | typeof ended | undefined = running;
    operations.find = async () => kept;
    const stream = readStream(await ask(operation.id, { headers: accept }));
    await advance(3_000);
    expect(stream.events.map(({ event }) => event)).toEqual(["progress"]);
    const other = readStream(await ask(operation.id, { headers: accept }));
    await advance(3_000);
    kept = ended;
    await advance(1_000);
    expect(stream.events.at(-1)).toMatchObject({
      event: "outcome",
      data: { href: collectionUrl + operation.id },
    });
    expect([stream.ended, other.ended]).toEqual([true, true]);
  });
});

describe("a client that does not read", () => {
  test("holds one piece at most, and is dropped after a minute; others hear the end", async () => {
    const { start, ask, advance, pendingTimers } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const deaf = testExchange();
    const answer = await ask(operation.id, { headers: accept, exchange: deaf });
    const content = answer.content as AsyncGenerator<string>;
    // It takes the first piece, and then its buffers are full.
    await content.next();
    const reader = readStream(await ask(operation.id, { headers: accept }));
    for (let done = 1; done <= 59; done += 1) {
      work.progress(done, 60);
      await advance(1_000);
    }
    expect(deaf.broken).toBe(false);
    await advance(1_000);
    expect(deaf.broken).toBe(true);
    await content.return(undefined);
    await end();
    expect(reader.events.at(-1)?.event).toBe("outcome");
    expect(pendingTimers()).toBe(0);
  });

  test("one that reads again in time gets the latest and nothing older", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    const slow = testExchange();
    const answer = await ask(operation.id, { headers: accept, exchange: slow });
    const content = answer.content as AsyncGenerator<string>;
    await content.next();
    for (let done = 1; done <= 50; done += 1) {
      work.progress(done, 60);
      await advance(1_000);
    }
    const { value } = await content.next();
    expect(String(value).match(/^event: progress$/gm)).toHaveLength(1);
    expect(String(value)).toContain('"done":50');
    expect(slow.broken).toBe(false);
    await content.return(undefined);
  });
});
