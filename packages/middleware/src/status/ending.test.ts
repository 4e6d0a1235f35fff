import { describe, expect, test } from "vitest";
import { collectionUrl, jsonOf, statusFixture } from "../testing/status-fixture.ts";
import type { StatusList } from "./document.ts";

const promised = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
};

describe("DELETE", () => {
  const remove = { method: "DELETE" };

  test("a finished operation is hidden; its key still finds it", async () => {
    const { operations, ask, service: _ } = statusFixture();
    const operation = operations.start(
      { kind: "COPY", target: "http://files.example/a", principal: "ann" },
      async () => ({ status: 201, fields: {}, content: "" }),
      () => ({ status: 500, fields: {}, content: "" }),
      { key: { name: "key", fingerprint: "f", chosen: true } },
    );
    await operation.ended;
    expect(await ask(operation.id, remove)).toMatchObject({ status: 204, content: "", fields: promised });
    for (const rest of ["", "/outcome", "/job"]) {
      expect((await ask(operation.id + rest)).status).toBe(404);
    }
    expect((await ask(operation.id, remove)).status).toBe(404);
    expect((jsonOf(await ask("")) as StatusList).operations).toEqual([]);
    expect(await operations.findByKey("key")).toMatchObject({ id: operation.id, outcome: { status: 201 } });
  });

  test("a running one is cancelled; it takes a second DELETE after its end to hide it", async () => {
    const { start, ask } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const first = await ask(operation.id, remove);
    expect(first).toMatchObject({
      status: 202,
      fields: { "Content-Location": collectionUrl + operation.id },
    });
    expect(jsonOf(first)).toMatchObject({ state: "cancelling" });
    expect(work.signal.aborted).toBe(true);
    expect((await ask(operation.id, remove)).status).toBe(202);
    await end({ status: 409 });
    const known = await ask(operation.id, remove);
    expect(known.status).toBe(200);
    expect(jsonOf(known)).toMatchObject({ state: "cancelled", outcome: { status: 409 } });
    expect((await ask(operation.id)).status).toBe(200);
    expect((await ask(operation.id, remove)).status).toBe(204);
    expect((await ask(operation.id)).status).toBe(404);
  });

  test("one that finished although it was asked to stop is not hidden by a DELETE that was sent to stop it", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    expect((await ask(operation.id, remove)).status).toBe(202);
    await end({ status: 201 });
    expect(operation.state).toBe("finished");
    const repeated = await ask(operation.id, remove);
    expect(repeated.status).toBe(200);
    expect(jsonOf(repeated)).toMatchObject({ state: "finished", outcome: { status: 201 } });
    expect((await ask(operation.id, remove)).status).toBe(204);
  });

  test("of many at once while it ends, one shows the end, and only those after it hide it", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const many = () => Array.from({ length: 10 }, () => ask(operation.id, remove));
    const before = await Promise.all(many());
    expect(before.every(({ status }) => status === 202)).toBe(true);
    const ending = end({ status: 409 });
    const statuses = (await Promise.all([...many(), ...many()])).map(({ status }) => status);
    await ending;
    expect(statuses.join(" ")).toMatch(/^(202 )*200( 204)+$/);
    expect((await ask(operation.id)).status).toBe(404);
  });

  test("with If-Match it is done only to the state that the client saw (RFC 9110 §13.1.1)", async () => {
    const { start, ask } = statusFixture();
    const { operation, end, work } = start({ principal: "ann" });
    const tag = String((await ask(operation.id)).fields["ETag"]);
    work.progress(1);
    const stale = await ask(operation.id, { ...remove, headers: { "if-match": tag } });
    expect(stale).toMatchObject({ status: 412, fields: promised });
    expect(operation.state).toBe("running");
    await end();
    const fresh = String((await ask(operation.id)).fields["ETag"]);
    const weak = await ask(operation.id, { ...remove, headers: { "if-match": `W/${fresh}` } });
    expect(weak.status).toBe(412);
    expect((await ask(operation.id, { ...remove, headers: { "if-match": fresh } })).status).toBe(204);
  });
});

describe("POST to what the document names", () => {
  const post = { method: "POST" };

  test("cancel stops what runs, and shows what has ended, however often it comes", async () => {
    const { start, ask } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const document = jsonOf(await ask(operation.id));
    expect(document).toMatchObject({ cancel: `${collectionUrl}${operation.id}/cancel` });
    expect(document).not.toHaveProperty("hide");
    for (let times = 0; times < 2; times += 1) {
      const answer = await ask(`${operation.id}/cancel`, post);
      expect(answer).toMatchObject({
        status: 202,
        fields: { "Content-Location": collectionUrl + operation.id },
      });
      expect(jsonOf(answer)).toMatchObject({ state: "cancelling" });
    }
    expect(work.signal.aborted).toBe(true);
    await end({ status: 409 });
    for (let times = 0; times < 3; times += 1) {
      const answer = await ask(`${operation.id}/cancel`, post);
      expect(answer.status).toBe(200);
      expect(jsonOf(answer)).toMatchObject({ state: "cancelled", outcome: { status: 409 } });
    }
  });

  test("hide takes what has ended out of sight, and refuses what runs", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    expect((await ask(`${operation.id}/hide`, post)).status).toBe(409);
    expect((await ask(operation.id)).status).toBe(200);
    await end({ status: 201 });
    const document = jsonOf(await ask(operation.id));
    expect(document).toMatchObject({ hide: `${collectionUrl}${operation.id}/hide` });
    expect(document).not.toHaveProperty("cancel");
    expect((await ask(`${operation.id}/hide`, post)).status).toBe(204);
    expect((await ask(operation.id)).status).toBe(404);
    expect((await ask(`${operation.id}/hide`, post)).status).toBe(404);
  });

  test("others find nothing there, and other methods have no meaning", async () => {
    const { start, ask } = statusFixture();
    const { operation } = start({ principal: "ann" });
    for (const place of ["cancel", "hide"]) {
      const asBob = { ...post, principal: "bob" };
      expect((await ask(`${operation.id}/${place}`, asBob)).status).toBe(404);
      expect(await ask(`${operation.id}/${place}`)).toMatchObject({
        status: 403,
        fields: { Allow: "OPTIONS, POST" },
      });
    }
    expect(operation.state).toBe("running");
  });
});
