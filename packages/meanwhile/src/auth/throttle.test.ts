import { heldTables } from "@meanwhile/server";
import { sharedTables } from "@meanwhile/server/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createThrottle, failureWindowMs, mostFailures, type Throttle } from "./throttle.ts";

let nowMs: number;
let throttle: Throttle;
beforeEach(() => {
  nowMs = 0;
  throttle = createThrottle(heldTables({ clock: () => nowMs }));
});

const here = "192.0.2.1";
const there = "198.51.100.1";

async function fail(times: number, address: string, user: (index: number) => string): Promise<void> {
  for (let index = 0; index < times; index += 1) expect(await attempt(address, user(index))).toBeUndefined();
}

/** Seconds to wait; undefined where the attempt may be made. */
async function attempt(address: string, user: string): Promise<number | undefined> {
  const told = await throttle.attempt(address, user);
  return told.kind === "wait" ? told.seconds : undefined;
}

describe("the throttle", () => {
  test("lets an address fail ten times in five minutes, whatever names it tries", async () => {
    await fail(mostFailures, here, (index) => `user ${index}`);
    expect(await attempt(here, "ann")).toBe(300);
    nowMs = 60_500;
    expect(await attempt(here, "ann")).toBe(240);
    expect(await attempt(there, "ann")).toBeUndefined();
  });

  test("counts what falls out of the five minutes no more, and no waiting attempt prolongs it", async () => {
    for (let index = 0; index < mostFailures; index += 1) {
      nowMs = index * 1000;
      expect(await attempt(here, "ann")).toBeUndefined();
    }
    nowMs = failureWindowMs - 1;
    expect(await attempt(here, "ann")).toBe(1);
    nowMs = failureWindowMs;
    expect(await attempt(here, "ann")).toBeUndefined();
    expect(await attempt(here, "ann")).toBe(1);
  });

  test("locks no user out: an address without failures has its try while others guess", async () => {
    for (let index = 0; index < mostFailures; index += 1) {
      expect(await attempt(`203.0.113.${index}`, "ann")).toBeUndefined();
    }
    expect(await attempt("203.0.113.3", "ann")).toBe(300);
    expect(await attempt("203.0.113.3", "bob")).toBeUndefined();
    expect(await attempt(here, "ann")).toBeUndefined();
    await throttle.succeeded(here, "ann");
    expect(await attempt(here, "ann")).toBeUndefined();
  });

  test("takes back with a success the attempts of this user here, and no others", async () => {
    await fail(4, here, () => "bob");
    await fail(5, here, () => "ann");
    await throttle.succeeded(here, "ann");
    await fail(mostFailures - 4, here, () => "eve");
    expect(await attempt(here, "ann")).toBe(300);
    expect(await attempt(there, "ann")).toBeUndefined();
  });

  test("a client that is right every time never waits", async () => {
    for (let index = 0; index < 100; index += 1) {
      expect(await attempt(here, "ann")).toBeUndefined();
      await throttle.succeeded(here, "ann");
    }
  });

  test("takes an IPv6 network of 64 bits for one address, and IPv4 within IPv6 for IPv4", async () => {
    await fail(mostFailures, "2001:db8:0:1::1", () => "ann");
    expect(await attempt("2001:db8:0:1:ffff::2", "bob")).toBe(300);
    expect(await attempt("2001:db8:0:2::1", "bob")).toBeUndefined();
    await fail(mostFailures, here, () => "eve");
    expect(await attempt(`::ffff:${here}`, "bob")).toBe(300);
  });

  test("tells how many attempts stand against an address and a name", async () => {
    await fail(2, here, () => "ann");
    await fail(1, here, () => "bob");
    await fail(1, there, () => "ann");
    expect(await throttle.attempt(here, "ann")).toEqual({
      kind: "counted",
      standing: { ofAddress: 3, ofUser: 3 },
    });
    expect(await throttle.attempt("203.0.113.9", "eve")).toEqual({
      kind: "counted",
      standing: { ofAddress: 0, ofUser: 0 },
    });
  });

  test("an attempt that was not made is taken back, and no failure with it", async () => {
    await fail(mostFailures - 1, here, () => "ann");
    for (let index = 0; index < 50; index += 1) {
      expect(await attempt(here, "ann")).toBeUndefined();
      await throttle.withdraw(here, "ann");
    }
    expect(await throttle.attempt(here, "ann")).toMatchObject({
      standing: { ofAddress: 2 * mostFailures - 1 },
    });
    expect(await attempt(here, "ann")).toBe(300);
  });

  test("remembers only so many addresses and names", async () => {
    throttle = createThrottle(heldTables({ clock: () => nowMs }), 3);
    await fail(mostFailures, here, () => "ann");
    expect(await attempt(here, "ann")).toBe(300);
    for (const other of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) await throttle.attempt(other, other);
    expect(await attempt(here, "ann")).toBeUndefined();
  });
});

test("failures of the future do not count: the time of day was set back between two processes", async () => {
  const tables = heldTables({ clock: () => nowMs });
  for (let index = 0; index < mostFailures; index += 1) await createThrottle(tables).attempt(here, "ann");
  nowMs -= 1;
  expect(await createThrottle(tables).attempt(here, "ann")).toMatchObject({ kind: "counted" });
});

describe("the throttles of two processes", () => {
  test("count failures together, and hold up the same clients for the same time", async () => {
    const open = sharedTables(() => nowMs);
    const [one, other] = [createThrottle(open()), createThrottle(open())];
    for (let index = 0; index < mostFailures; index += 1) {
      expect(await (index % 2 === 0 ? one : other).attempt(here, `user ${index}`)).toMatchObject({
        kind: "counted",
      });
    }
    expect(await one.attempt(here, "ann")).toEqual({ kind: "wait", seconds: 300 });
    nowMs = 60_500;
    expect(await other.attempt(here, "ann")).toEqual({ kind: "wait", seconds: 240 });
    nowMs = failureWindowMs;
    expect(await one.attempt(here, "ann")).toMatchObject({ kind: "counted" });
  });

  test("let no more attempts pass that come at once than one process would", async () => {
    const open = sharedTables(() => nowMs);
    const throttles = [createThrottle(open()), createThrottle(open())];
    const asked = Array.from({ length: 40 }, (_, index) =>
      throttles[index % 2]?.attempt(here, `user ${index}`),
    );
    const counted = (await Promise.all(asked)).filter((told) => told?.kind === "counted");
    expect(counted.length).toBe(mostFailures);
  });
});
