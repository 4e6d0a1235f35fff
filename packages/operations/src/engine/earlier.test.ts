import { describe, expect, test } from "vitest";
import { createOperations, memoryJournal, type Outcome } from "../operations.ts";
import { admit, findEarlier, runs } from "./earlier.ts";

const created: Outcome = { status: 201, fields: {}, content: "" };
const unavailable: Outcome = { status: 503, fields: {}, content: "", runsAnew: true };
const key = { name: "k", fingerprint: "f", chosen: true };
const subject = { kind: "PUT", target: "/", principal: undefined };

function started(journal = memoryJournal()) {
  let end: (outcome: Outcome) => void = () => undefined;
  const ending = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  const operations = createOperations({ journal });
  const operation = operations.start(
    subject,
    () => ending,
    () => created,
    { key },
  );
  return { operations, operation, end };
}

describe("a repetition", () => {
  test("runs where nothing came before", () => {
    expect(admit(undefined, true)).toEqual({ kind: "run" });
  });

  test("joins what runs here, and gets its outcome again once it has ended", async () => {
    const { operations, operation, end } = started();
    expect(runs(operation)).toBe(true);
    expect(admit(operation, true)).toEqual({ kind: "join", operation });
    end(created);
    await operation.ended;
    const earlier = await findEarlier(operations, "k");
    expect(earlier && runs(earlier)).toBe(false);
    expect(admit(earlier, true)).toMatchObject({ kind: "replay", outcome: { status: 201 } });
  });

  test("of something else is a mismatch, whatever became of the first one", async () => {
    const { operation, end } = started();
    expect(admit(operation, false)).toEqual({ kind: "mismatch" });
    end(unavailable);
    await operation.ended;
    expect(admit(operation, false)).toEqual({ kind: "mismatch" });
  });

  test("runs where the outcome says to try again, or is no answer", async () => {
    const { operation, end } = started();
    expect(admit(operation, true, false)).toEqual({ kind: "run" });
    end(unavailable);
    await operation.ended;
    expect(admit(operation, true)).toEqual({ kind: "run" });
  });

  test("waits where an earlier process left it running and nobody has taken it up", async () => {
    const journal = memoryJournal();
    const { operation, operations } = started(journal);
    await operations.keep(operation);
    const entry = await journal.get(operation.id);
    expect(admit(entry, true)).toEqual({ kind: "not-yet" });
  });

  test("is found by key, as the running operation where the journal has it as running", async () => {
    const { operation, operations } = started();
    await operations.keep(operation);
    expect(await findEarlier(operations, "k")).toBe(operation);
    expect(await findEarlier(operations, "other")).toBeUndefined();
  });
});
