import { readFileSync } from "node:fs";
import { memoryJournal } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import { definition, type Schema, schemaErrors } from "../testing/schema-check.ts";
import { jsonOf, readStream, settled, statusFixture } from "../testing/status-fixture.ts";
import type { StatusDocument, StatusList, StatusOutcome, StatusProgress } from "./document.ts";
import type { StatusResults } from "./events/events.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../schema/status-document.schema.json", import.meta.url), "utf8"),
) as Schema;
const part = (name: string): Schema => definition(schema, `#/$defs/${name}`);
const errorsOf = (value: unknown, name = "document"): readonly string[] =>
  schemaErrors(value, part(name), schema);

describe("real documents are what the published schema says", () => {
  test("while it runs, with and without all that is optional", async () => {
    const { start, ask } = statusFixture();
    const { operation, work } = start({ principal: "ann" });
    const bare = jsonOf(await ask(operation.id));
    expect(errorsOf(bare)).toEqual([]);
    expect(bare).toMatchObject({ state: "running", progress: { done: 0 }, failed: [], failures: 0 });
    work.progress(3, 20, "a remark", "photos/1.jpg");
    work.bytes(1, 2, "photos/2.jpg");
    work.result(423, "/a");
    work.result(201, "/b");
    const full = jsonOf(await ask(operation.id));
    expect(errorsOf(full)).toEqual([]);
    expect(full).toMatchObject({
      progress: {
        done: 3,
        total: 20,
        remark: "a remark",
        member: "photos/2.jpg",
        bytes: { done: 1, total: 2 },
      },
      failed: [{ status: 423, uri: "/a" }],
      failures: 1,
    });
  });

  test("cancelling, cancelled, finished", async () => {
    const { start, ask } = statusFixture();
    const one = start({ principal: "ann" });
    const cancelling = jsonOf(await ask(one.operation.id, { method: "DELETE" }));
    expect(cancelling).toMatchObject({ state: "cancelling" });
    expect(errorsOf(cancelling)).toEqual([]);
    await one.end({ status: 409 });
    const cancelled = jsonOf(await ask(one.operation.id));
    expect(cancelled).toMatchObject({ state: "cancelled", outcome: { status: 409 } });
    expect(errorsOf(cancelled)).toEqual([]);
    const other = start({ principal: "ann" });
    await other.end();
    const finished = jsonOf(await ask(other.operation.id));
    expect(finished).toMatchObject({ state: "finished", outcome: { status: 201 } });
    expect(errorsOf(finished)).toEqual([]);
  });

  test("interrupted, with content that was not kept", async () => {
    const journal = memoryJournal({}, () => 2);
    await journal.put({
      id: "left",
      kind: "POST",
      target: "http://files.example/x",
      principal: "ann",
      state: "interrupted",
      startedAtMs: 0,
      endedAtMs: 1,
      progress: { done: 1, total: undefined, remark: undefined, bytes: undefined },
      failed: [{ status: 500, uri: "/a" }],
      failures: 1,
      version: 3,
      outcome: { status: 500, fields: {}, content: "", truncated: true, secret: true, forgotten: true },
      intent: undefined,
      key: undefined,
      hidden: false,
      delivered: false,
    });
    const { ask } = statusFixture({ journal });
    const document = jsonOf(await ask("left"));
    expect(document).toMatchObject({ state: "interrupted", outcome: { truncated: true, forgotten: true } });
    expect(errorsOf(document)).toEqual([]);
  });

  test("lists and events", async () => {
    const { start, ask, advance } = statusFixture();
    const { operation, work, end } = start({ principal: "ann" });
    const list = jsonOf(await ask(""));
    expect(errorsOf(list, "list")).toEqual([]);
    expect((list as StatusList).operations).toHaveLength(1);
    const stream = readStream(await ask(operation.id, { headers: { accept: "text/event-stream" } }));
    await settled();
    work.result(404, "/gone");
    await advance(1000);
    await end();
    await settled();
    expect(stream.events.map(({ event }) => event)).toEqual(["progress", "result", "progress", "outcome"]);
    for (const { event, data } of stream.events) {
      expect(errorsOf(data, event === "result" ? "results" : "document")).toEqual([]);
    }
  });
});

test("the check itself finds what is wrong", async () => {
  const { start, ask } = statusFixture();
  const good = jsonOf(await ask(start({ principal: "ann" }).operation.id)) as StatusDocument;
  const { href: _, ...lacking } = good;
  expect(errorsOf(lacking)).toEqual(["$: has no href"]);
  expect(errorsOf({ ...good, version: 2 })).toEqual(["$.version: is not 1"]);
  expect(errorsOf({ ...good, state: "lost" })).toEqual(["$.state: is none of the values"]);
  expect(errorsOf({ ...good, progress: { done: -1 } })).toEqual(["$.progress.done: is too small"]);
  expect(errorsOf({ ...good, failed: [{ status: 99, uri: 1 }] })).toHaveLength(2);
});

/** Every field of a type, and whether it may be absent: the compiler keeps these complete. */
type Fields<Type> = {
  readonly [Name in keyof Required<Type>]: Record<string, never> extends Pick<Type, Name>
    ? "optional"
    : "required";
};

const document: Fields<StatusDocument> = {
  version: "required",
  id: "required",
  href: "required",
  state: "required",
  method: "required",
  target: "required",
  destination: "optional",
  started: "required",
  ended: "optional",
  progress: "required",
  failed: "required",
  failures: "required",
  cancel: "optional",
  hide: "optional",
  outcome: "optional",
};
const progress: Fields<StatusProgress> = {
  done: "required",
  total: "optional",
  remark: "optional",
  member: "optional",
  bytes: "optional",
};
const outcome: Fields<StatusOutcome> = {
  status: "required",
  href: "required",
  truncated: "optional",
  forgotten: "optional",
};
const list: Fields<StatusList> = { version: "required", operations: "required", more: "optional" };
const results: Fields<StatusResults> = { version: "required", results: "required" };
const states: Readonly<Record<StatusDocument["state"], true>> = {
  running: true,
  cancelling: true,
  finished: true,
  cancelled: true,
  interrupted: true,
};

test.each(Object.entries({ document, progress, outcome, list, results }))(
  "schema and type have the same fields: %s",
  (name, fields: Readonly<Record<string, "required" | "optional">>) => {
    const { properties, required } = part(name) as { properties: object; required: readonly string[] };
    expect(Object.keys(properties).toSorted()).toEqual(Object.keys(fields).toSorted());
    const wanted = Object.keys(fields).filter((field) => fields[field] === "required");
    expect([...required].toSorted()).toEqual(wanted.toSorted());
  },
);

test("schema and type have the same states", () => {
  const { properties } = part("document") as { properties: { state: { enum: readonly string[] } } };
  expect([...properties.state.enum].toSorted()).toEqual(Object.keys(states).toSorted());
});
