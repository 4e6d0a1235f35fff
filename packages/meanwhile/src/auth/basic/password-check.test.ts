import { hashSync } from "bcryptjs";
import { expect, test } from "vitest";
import type { Standing } from "../throttle.ts";
import { createBcryptThreads } from "./bcrypt-threads.ts";
import { createPasswordCheck, longestWaitMs, mostWaitingChecks } from "./password-check.ts";

/** Threads that all tests share. */
const verify = createBcryptThreads();
const users = new Map(
  ["2a", "2b", "2y"].map((version) => [version, hashSync("x", 4).replace("$2b$", `$${version}$`)]),
);

const clean: Standing = { ofAddress: 0, ofUser: 0 };

test.each(["2a", "2b", "2y"])("a $%s$ hash is checked", async (version) => {
  const check = createPasswordCheck({ verify });
  expect(await check(users, version, "x", clean)).toEqual({ kind: "right", user: version });
  expect(await check(users, version, "y", clean)).toEqual({ kind: "wrong" });
});

test("nobody who is not listed is let in, though a hash is checked for him too", async () => {
  const check = createPasswordCheck({ verify });
  for (const password of ["", "x", "/"])
    expect(await check(users, "eve", password, clean)).toEqual({ kind: "wrong" });
});

test("a check for nobody takes its time as one for somebody does", async () => {
  const check = createPasswordCheck({ verify });
  const costly = new Map([["ann", hashSync("x", 9)]]);
  const durationMs = async (user: string): Promise<number> => {
    const from = performance.now();
    await check(costly, user, "y", clean);
    return performance.now() - from;
  };
  const least = { ann: Number.POSITIVE_INFINITY, eve: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < 5; turn += 1) {
    least.ann = Math.min(least.ann, await durationMs("ann"));
    least.eve = Math.min(least.eve, await durationMs("eve"));
  }
  // Without a calculation it would be a hundred times shorter.
  expect(least.eve).toBeGreaterThan(least.ann / 10);
});

test("two checks run and a hundred wait; more are sent away, and room comes back", async () => {
  const check = createPasswordCheck({ verify });
  const many = Array.from({ length: mostWaitingChecks + 5 }, () => check(users, "2b", "x", clean));
  const kinds = (await Promise.all(many)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "right")).toHaveLength(mostWaitingChecks + 2);
  expect(kinds.slice(-3)).toEqual(["busy", "busy", "busy"]);
  expect(await check(users, "2b", "x", clean)).toEqual({ kind: "right", user: "2b" });
});

const flooded: readonly [name: string, flood: (index: number) => Standing, newcomer: Standing][] = [
  ["of guesses from addresses that failed before", (index) => ({ ofAddress: 1 + index, ofUser: 0 }), clean],
  ["of guesses for one user, from clean addresses", (index) => ({ ofAddress: 0, ofUser: 1 + index }), clean],
  ["of any kind, for whoever was right before", () => clean, { ofAddress: -1, ofUser: -1 }],
];
test.each(flooded)("a flood %s waits for itself", async (_name, flood, newcomer) => {
  const check = createPasswordCheck({ verify });
  const order: string[] = [];
  const guesses = Array.from({ length: mostWaitingChecks + 2 }, async (_, index) => {
    const { kind } = await check(users, "2a", "guess", flood(index));
    order.push(kind);
  });
  const came = check(users, "2b", "x", newcomer).then(({ kind }) => order.push(kind));
  await Promise.all([...guesses, came]);
  // Two were being checked when it came, and one had to leave the line for it; those beside it may end before it.
  expect(order.filter((kind) => kind !== "busy").indexOf("right")).toBeLessThan(20);
  expect(order.filter((kind) => kind === "busy")).toHaveLength(1);
});

test("one that has waited too long is sent away, and the others go on", async () => {
  const timers: { readonly ms: number; readonly callback: () => void }[] = [];
  const check = createPasswordCheck({
    verify,
    after(ms, callback) {
      timers.push({ ms, callback });
      return () => undefined;
    },
  });
  const checked = [1, 2, 3, 4].map(() => check(users, "2b", "x", clean));
  expect(timers.map(({ ms }) => ms)).toEqual([longestWaitMs, longestWaitMs]);
  timers[0]?.callback();
  expect((await Promise.all(checked)).map(({ kind }) => kind)).toEqual(["right", "right", "busy", "right"]);
  expect(await check(users, "2b", "x", clean)).toEqual({ kind: "right", user: "2b" });
});
