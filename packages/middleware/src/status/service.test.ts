import { describe, expect, test } from "vitest";
import {
  collectionUrl,
  generous,
  jsonOf,
  readStream,
  settled,
  statusFixture,
  testExchange,
} from "../testing/status-fixture.ts";
import type { StatusList } from "./document.ts";

const promised = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
};
const events = { accept: "text/event-stream" };
const prefer = (value: string) => ({ prefer: value });

describe("who may see an operation", () => {
  test("its principal; to all others it is as if it never was", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const never = await ask("never-was", { principal: "bob" });
    expect(never).toMatchObject({ status: 404, fields: promised });
    for (const rest of [operation.id, `${operation.id}/outcome`, `${operation.id}/job`]) {
      expect(await ask(rest, { principal: "bob" })).toEqual(never);
      expect(await ask(rest, { principal: undefined })).toEqual(never);
      for (const method of ["HEAD", "DELETE"]) {
        const [foreign, none] = await Promise.all([
          ask(rest, { principal: "bob", method }),
          ask(rest.replace(operation.id, "never-was"), { principal: "bob", method }),
        ]);
        expect(foreign).toEqual(none);
      }
    }
    expect(operation.state).toBe("running");
    expect((await ask(operation.id, { principal: "bob", headers: events })).status).toBe(404);
    expect((await ask(operation.id)).status).toBe(200);
  });

  test("everybody who knows its URL, where nobody in particular asked for it", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start();
    expect((await ask(operation.id, { principal: undefined })).status).toBe(200);
    expect((await ask(operation.id, { principal: "ann" })).status).toBe(200);
  });

  test.each(["x".repeat(129), "x".repeat(100_000), "ID/other", "ID/outcome/x", "ä", "a b", "..", "%2e"])(
    "%j names nothing, and is not looked for",
    async (rest) => {
      const { ask, operations } = statusFixture();
      operations.find = () => Promise.reject(new Error("looked for"));
      expect(await ask(rest)).toMatchObject({ status: 404, fields: promised });
    },
  );
});

describe("methods (RFC 9110 §9)", () => {
  test.each(["PUT", "POST", "MKCOL", "COPY", "MOVE", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK", "PATCH"])(
    "%s is refused with 403, whether or not anything is there",
    async (method) => {
      const { start, ask } = statusFixture();
      const { id } = start({ principal: "ann" }).operation;
      for (const rest of ["", id, `${id}/outcome`, `${id}/job`, "never-was", "a/b/c"]) {
        expect(await ask(rest, { method })).toMatchObject({ status: 403, fields: promised });
      }
    },
  );

  test("DELETE is not for the collection, outcomes and jobs", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    for (const rest of ["", `${operation.id}/outcome`, `${operation.id}/job`]) {
      expect((await ask(rest, { method: "DELETE" })).status).toBe(403);
    }
    expect(operation.state).toBe("running");
  });

  test("OPTIONS tells them, the same for all", async () => {
    const { ask } = statusFixture();
    const answer = await ask("never-was", { method: "OPTIONS" });
    expect(answer).toMatchObject({ status: 204, fields: { Allow: "OPTIONS, GET, HEAD, DELETE" } });
  });
});

describe("the JSON document", () => {
  test("says what is asked for, with its validator (RFC 9110 §8.8.3)", async () => {
    const { start, ask } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    const first = await ask(operation.id);
    expect(first.fields).toMatchObject({ "Content-Type": "application/json", ...promised });
    expect(jsonOf(first)).toMatchObject({
      href: collectionUrl + operation.id,
      started: "2026-01-15T12:00:00.000Z",
    });
    const tag = String(first.fields["ETag"]);
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    const unchanged = await ask(operation.id, { headers: { "if-none-match": `"x", W/${tag}` } });
    expect(unchanged).toMatchObject({ status: 304, content: "", fields: { ETag: tag, ...promised } });
    work.progress(1);
    const changed = await ask(operation.id, { headers: { "if-none-match": tag } });
    expect(changed.status).toBe(200);
    expect(changed.fields["ETag"]).not.toBe(tag);
  });

  test("lists failed members up to a limit, and counts them all", async () => {
    const { start, ask } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    for (let member = 0; member < 900; member += 1) work.result(423, `/${member}/${"x".repeat(1000)}`);
    const answer = await ask(operation.id);
    expect(String(answer.content).length).toBeLessThan(300 * 1024);
    const { failed, failures } = jsonOf(answer) as { failed: readonly unknown[]; failures: number };
    expect(failures).toBe(900);
    expect(failed.length).toBeGreaterThan(200);
    expect(failed.length).toBeLessThan(300);
  });

  test("does not show an outcome before it is recorded", async () => {
    let record: () => void = () => undefined;
    const kept = new Map<string, unknown>();
    const { start, ask, operations } = statusFixture({
      journal: {
        put: async (entry) => {
          if (entry.state !== "running") {
            await new Promise<void>((resolve) => {
              record = resolve;
            });
          }
          kept.set(entry.id, entry);
        },
        take: () => undefined,
        mark: () => undefined,
        get: () => undefined,
        byKey: () => undefined,
        list: () => [],
        unfinished: () => [],
        remove: () => undefined,
      },
    });
    const { operation, end } = start({ principal: "ann" });
    void end();
    await settled();
    const early = jsonOf(await ask(operation.id));
    expect(early).toMatchObject({ state: "running" });
    expect(early).not.toHaveProperty("outcome");
    const ending = ask(operation.id, { method: "DELETE" });
    record();
    await operation.ended;
    expect((await ending).status).toBe(204);
    expect(operations.open).toBe(0);
  });
});

describe("Prefer: processing, and wait=N (RFC 7240 §4.3)", () => {
  test("waits with interim responses until the end, then shows the finished document", async () => {
    const { start, ask, advance, pendingTimers } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const exchange = testExchange();
    const asked = ask(operation.id, { exchange, headers: prefer("processing") });
    await advance(10);
    work.progress(1, 2);
    work.result(201, "http://files.example/a");
    await advance(15_000);
    expect(exchange.interims).toEqual([
      { Location: collectionUrl + operation.id, Progress: "0/" },
      { Progress: "1/2", "Status-URI": ["201 <http://files.example/a>"] },
    ]);
    await end();
    const answer = await asked;
    expect(answer).toMatchObject({
      status: 200,
      interims: 2,
      fields: { "Preference-Applied": "processing", ...promised },
    });
    expect(jsonOf(answer)).toMatchObject({ state: "finished", outcome: { status: 201 } });
    expect(pendingTimers()).toBe(0);
  });

  test.each([
    ["processing, wait=5", "processing, wait=5"],
    ["wait=5", "wait=5"],
  ])("%s: after 5 seconds the document is shown as it is", async (preference, applied) => {
    const { start, ask, advance } = statusFixture();
    const { operation } = start({ principal: "ann" });
    let answered = false;
    const asked = ask(operation.id, { headers: prefer(preference) }).finally(() => {
      answered = true;
    });
    await advance(4_999);
    expect(answered).toBe(false);
    await advance(1);
    const answer = await asked;
    expect(answer).toMatchObject({ status: 200, fields: { "Preference-Applied": applied } });
    expect(jsonOf(answer)).toMatchObject({ state: "running" });
  });

  test.each([
    ["GET", "return=minimal"],
    ["GET", "processing, wait=0"],
    ["HEAD", "processing"],
    ["HEAD", "processing, wait=100"],
  ])("%s with %s does not wait", async (method, preference) => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const answer = await ask(operation.id, { method, headers: prefer(preference) });
    expect(answer.status).toBe(200);
    expect(answer.fields["Preference-Applied"]).toBeUndefined();
  });

  test("what has ended is shown at once", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end();
    expect(jsonOf(await ask(operation.id, { headers: prefer("processing") }))).toMatchObject({
      state: "finished",
    });
  });

  test("a client that is allowed no interim response waits all the same", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const exchange = testExchange();
    const asked = ask(operation.id, {
      exchange,
      headers: prefer("processing"),
      allowance: { ...generous, budget: 0 },
    });
    await advance(60_000);
    await end();
    expect((await asked).interims).toBe(0);
    expect(exchange.interims).toEqual([]);
  });

  test("a client that leaves stops its own waiting and nothing else", async () => {
    const { start, ask, advance, pendingTimers } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const leaving = testExchange();
    const one = ask(operation.id, { exchange: leaving, headers: prefer("processing, wait=1000") });
    const two = ask(operation.id, { headers: prefer("processing, wait=1000") });
    await advance(10);
    leaving.leave();
    await one;
    expect(operation.state).toBe("running");
    let answered = false;
    void two.then(() => {
      answered = true;
    });
    await settled();
    expect(answered).toBe(false);
    expect(pendingTimers()).toBeGreaterThan(0);
    await advance(1_000_000);
    expect(answered).toBe(true);
  });

  test("the end of the process ends the waiting, with the document as it is", async () => {
    const { start, ask, operations, advance } = statusFixture();
    const { operation } = start({ principal: "ann" });
    const asked = ask(operation.id, { headers: prefer("processing") });
    await advance(10);
    operations.abandon();
    expect(jsonOf(await asked)).toMatchObject({ state: "running" });
  });

  test("there is room for so many, of one principal and in all", async () => {
    const { start, ask } = statusFixture({ limits: { followers: 3, followersPerPrincipal: 2 } } as object);
    const { operation } = start();
    const follow = (principal: string) => {
      const exchange = testExchange();
      const asked = ask(operation.id, { principal, exchange, headers: events });
      return { exchange, asked };
    };
    const first = follow("ann");
    expect((await first.asked).status).toBe(200);
    expect((await follow("ann").asked).status).toBe(200);
    const refused = { fields: { "Retry-After": "10", ...promised } };
    expect(await follow("ann").asked).toMatchObject({ status: 429, ...refused });
    expect((await follow("bob").asked).status).toBe(200);
    expect(await follow("cid").asked).toMatchObject({ status: 503, ...refused });
    const waiting = ask(operation.id, { principal: "cid", headers: prefer("processing") });
    expect((await waiting).status).toBe(503);
    first.exchange.leave();
    expect((await follow("cid").asked).status).toBe(200);
  });
});

describe("the list", () => {
  test("has those whose ids are named, as far as they may be seen: so anonymous clients follow theirs", async () => {
    const { start, ask } = statusFixture();
    const [anonymous, own, foreign, other] = ["", "ann", "bob", "ann"].map((principal) =>
      start(principal === "" ? {} : { principal }),
    );
    const ids = [anonymous, own, foreign].map((one) => `id=${one?.operation.id}`).join("&");
    const listed = async (query: string, principal: string | undefined) => {
      const answer = await ask("", { principal, exchange: testExchange(`/operations/?${query}`) });
      return (jsonOf(answer) as StatusList).operations.map(({ id }) => id);
    };
    expect(await listed(ids, undefined)).toEqual([anonymous?.operation.id]);
    expect(await listed(ids, "ann")).toEqual([anonymous?.operation.id, own?.operation.id]);
    expect(await listed(`id=never&id=${other?.operation.id}`, undefined)).toEqual([]);
    expect(await listed("", undefined)).toEqual([]);
  });

  test("has the caller's own, running first, then the latest; no anonymous ones", async () => {
    const { start, ask, advance } = statusFixture();
    const first = start({ principal: "ann", target: "http://files.example/1" });
    await advance(10);
    const second = start({ principal: "ann", target: "http://files.example/2" });
    await advance(10);
    const third = start({ principal: "ann", target: "http://files.example/3" });
    start({ principal: "bob" });
    start();
    await second.end();
    await third.end();
    const answer = await ask("");
    expect(answer.fields).toMatchObject({ "Content-Type": "application/json", ...promised });
    const { operations } = jsonOf(answer) as StatusList;
    expect(operations.map(({ href }) => href)).toEqual(
      [first, third, second].map(({ operation }) => collectionUrl + operation.id),
    );
    expect(jsonOf(await ask("", { principal: undefined }))).toEqual({ version: 1, operations: [] });
    const tag = String(answer.fields["ETag"]);
    expect((await ask("", { headers: { "if-none-match": tag } })).status).toBe(304);
  });

  test("shows a hundred, and says that there are more", async () => {
    const { start, ask } = statusFixture();
    for (let count = 0; count < 100; count += 1) start({ principal: "ann" });
    expect(jsonOf(await ask(""))).not.toHaveProperty("more");
    start({ principal: "ann" });
    const list = jsonOf(await ask("")) as StatusList;
    expect(list.operations).toHaveLength(100);
    expect(list.more).toBe(true);
  });

  test("what it shows can still be asked for after its end", async () => {
    const { operations, ask } = statusFixture();
    let finish: () => void = () => undefined;
    const operation = operations.start(
      { kind: "PUT", target: "http://files.example/a", principal: "ann" },
      () =>
        new Promise((resolve) => {
          finish = () => resolve({ status: 201, fields: {}, content: "" });
        }),
      () => ({ status: 500, fields: {}, content: "" }),
    );
    await ask("");
    finish();
    await operation.ended;
    expect((await ask(operation.id)).status).toBe(200);
  });

  test("as events: again whenever it is another, and not to one who has it", async () => {
    const { start, ask, advance, service } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    const stream = readStream(await ask("", { headers: events }));
    await advance(5_000);
    expect(stream.events).toHaveLength(1);
    work.progress(1, 3);
    await advance(5_000);
    expect(stream.events).toHaveLength(2);
    expect(stream.events[1]).toMatchObject({
      event: "operations",
      data: { version: 1, operations: [{ id: operation.id, progress: { done: 1, total: 3 } }] },
    });
    const lastEventId = stream.events[1]?.id ?? "";
    const back = readStream(await ask("", { headers: { ...events, "last-event-id": lastEventId } }));
    await advance(5_000);
    expect(back.events).toEqual([]);
    service.close();
    await settled();
    expect([stream.ended, back.ended]).toEqual([true, true]);
  });
});
