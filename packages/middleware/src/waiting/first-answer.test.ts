import { createOperations, memoryJournal, type Outcome } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { firstAnswer, firstOf } from "./first-answer.ts";

function running() {
  const timers = manualTimers();
  const journal = memoryJournal();
  const operations = createOperations({ journal, after: timers.after });
  let end: (outcome: Outcome) => void = () => undefined;
  const ending = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  const operation = operations.start(
    { kind: "POST", target: "/", principal: "alice" },
    () => ending,
    () => ({ status: 500, fields: {}, content: "" }),
  );
  const leaving = new AbortController();
  const wait = async (waitMs?: number, heeds = true): Promise<string> => {
    const closed = heeds ? leaving.signal : undefined;
    const first = await firstAnswer(operations, operation, { closed, waitMs });
    return first.kind === "outcome" ? `outcome ${first.outcome.status}` : first.kind;
  };
  return {
    ...{ operations, operation, timers, journal, wait },
    end: () => end({ status: 201, fields: {}, content: "" }),
    leave: () => leaving.abort(),
  };
}

test("the outcome is the answer where it comes first, and no timer is left", async () => {
  const { wait, end, timers } = running();
  const answer = wait(1000);
  end();
  expect(await answer).toBe("outcome 201");
  expect(timers.pending).toBe(0);
});

test("where the client would not wait so long it is accepted, and kept for the one who comes back", async () => {
  const { wait, timers, operation, journal } = running();
  const answer = wait(1000);
  timers.advance(999);
  expect(journal.get(operation.id)).toBeUndefined();
  timers.advance(1);
  expect(await answer).toBe("accepted");
  expect(journal.get(operation.id)).toMatchObject({ state: "running" });
});

test("one that leaves is done, unless it is to be waited for all the same", async () => {
  const { wait, leave, end } = running();
  const [heeding, other] = [wait(), wait(undefined, false)];
  leave();
  expect(await heeding).toBe("left");
  end();
  expect(await other).toBe("outcome 201");
});

test("where the process stops first that is the answer, at once where it stops already; it is kept", async () => {
  const { wait, operations, operation, journal, timers } = running();
  const answer = wait(1000);
  operations.abandon();
  expect(await answer).toBe("stopping");
  expect(await wait(1000)).toBe("stopping");
  expect(timers.pending).toBe(0);
  expect(journal.get(operation.id)).toMatchObject({ state: "running" });
});

test("where it cannot be recorded it is not told as accepted: the outcome is waited for", async () => {
  const { wait, end, timers, journal } = running();
  journal.put = () => Promise.reject(new Error("full"));
  const answer = wait(1000);
  timers.advance(1000);
  await new Promise((resolve) => setImmediate(resolve));
  end();
  expect(await answer).toBe("outcome 201");
});

describe("waiting for several things", () => {
  test("the first one is the answer, and the others are given up once", async () => {
    const givenUp: string[] = [];
    let tell: (value: string) => void = () => undefined;
    const first = firstOf<string>(
      (told) => {
        tell = told;
        return () => givenUp.push("one");
      },
      undefined,
      () => () => givenUp.push("other"),
    );
    tell("one");
    tell("again");
    expect(await first).toBe("one");
    expect(givenUp).toEqual(["one", "other"]);
  });

  test("what is there at once leaves nothing behind of those that begin later", async () => {
    const givenUp: string[] = [];
    const first = firstOf<string>(
      (tell) => {
        tell("there");
        return () => givenUp.push("there");
      },
      () => () => givenUp.push("later"),
    );
    expect(await first).toBe("there");
    expect(givenUp).toEqual(["there", "later"]);
  });
});
