import { hashSync } from "@node-rs/bcrypt";
import { expect, test } from "vitest";
import { createPasswordCheck, mostWaitingChecks } from "./password-check.ts";

const users = new Map(
  ["2a", "2b", "2y"].map((version) => [version, hashSync("x", { cost: 4, version: version as "2b" })]),
);

test.each(["2a", "2b", "2y"])("a $%s$ hash is checked", async (version) => {
  const check = createPasswordCheck();
  expect(await check(users, version, "x")).toEqual({ kind: "right", user: version });
  expect(await check(users, version, "y")).toEqual({ kind: "wrong" });
});

test("nobody who is not listed is let in, though a hash is checked for him too", async () => {
  const check = createPasswordCheck();
  for (const password of ["", "x", "/"])
    expect(await check(users, "eve", password)).toEqual({ kind: "wrong" });
});

test("a check for nobody takes its time as one for somebody does", async () => {
  const check = createPasswordCheck();
  const costly = new Map([["ann", hashSync("x", { cost: 9 })]]);
  const durationMs = async (user: string): Promise<number> => {
    const from = performance.now();
    await check(costly, user, "y");
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
  const check = createPasswordCheck();
  const many = Array.from({ length: mostWaitingChecks + 5 }, () => check(users, "2b", "x"));
  const kinds = (await Promise.all(many)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "right")).toHaveLength(mostWaitingChecks + 2);
  expect(kinds.slice(-3)).toEqual(["busy", "busy", "busy"]);
  expect(await check(users, "2b", "x")).toEqual({ kind: "right", user: "2b" });
});
