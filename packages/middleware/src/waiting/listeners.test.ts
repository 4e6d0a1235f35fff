import { createOperations } from "@meanwhile/operations";
import { expect, test } from "vitest";
import { whenAborted, whenEnded } from "./listeners.ts";

const outcome = { status: 204, fields: {}, content: "" };
const failure = () => ({ status: 500, fields: {}, content: "" });
const subject = { kind: "DELETE", target: "http://files.example/a", principal: undefined };

function started() {
  const operations = createOperations();
  let end: () => void = () => undefined;
  const operation = operations.start(
    subject,
    () =>
      new Promise((resolve) => {
        end = () => resolve(outcome);
      }),
    failure,
  );
  return { operation, end: () => end() };
}

test("whenEnded calls back with the outcome, whoever is still there", async () => {
  const { operation, end } = started();
  const told: string[] = [];
  whenEnded(operation, ({ status }) => told.push(`stays: ${status}`));
  const leave = whenEnded(operation, () => told.push("left"));
  leave();
  end();
  await operation.ended;
  expect(told).toEqual(["stays: 204"]);
});

test("whenEnded calls back soon where the operation has ended already", async () => {
  const { operation, end } = started();
  end();
  await operation.ended;
  expect(await new Promise((resolve) => whenEnded(operation, resolve))).toEqual(outcome);
});

test("whenAborted calls back once, at once where the signal is aborted already", () => {
  const controller = new AbortController();
  let calls = 0;
  whenAborted(controller.signal, () => {
    calls += 1;
  });
  const leave = whenAborted(controller.signal, () => {
    calls += 100;
  });
  leave();
  controller.abort();
  expect(calls).toBe(1);
  whenAborted(controller.signal, () => {
    calls += 1;
  });
  expect(calls).toBe(2);
});

test("300,000 listeners of one signal come and go: each costs the same", () => {
  const { signal } = new AbortController();
  // An AbortSignal alone, which looks through all for each, would take minutes.
  const leaves = Array.from({ length: 300_000 }, () => whenAborted(signal, () => undefined));
  for (const leave of leaves) leave();
});
