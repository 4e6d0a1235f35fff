import { beforeEach, describe, expect, test } from "vitest";
import { createThrottle, failureWindowMs, mostFailures, type Throttle } from "./throttle.ts";

let nowMs: number;
let throttle: Throttle;
beforeEach(() => {
  nowMs = 0;
  throttle = createThrottle(() => nowMs);
});

const here = "192.0.2.1";
const there = "198.51.100.1";

function fail(times: number, address: string, user: (index: number) => string): void {
  for (let index = 0; index < times; index += 1) expect(attempt(address, user(index))).toBeUndefined();
}

/** Seconds to wait; undefined where the attempt may be made. */
function attempt(address: string, user: string): number | undefined {
  const told = throttle.attempt(address, user);
  return told.kind === "wait" ? told.seconds : undefined;
}

describe("the throttle", () => {
  test("lets an address fail ten times in five minutes, whatever names it tries", () => {
    fail(mostFailures, here, (index) => `user ${index}`);
    expect(attempt(here, "ann")).toBe(300);
    nowMs = 60_500;
    expect(attempt(here, "ann")).toBe(240);
    expect(attempt(there, "ann")).toBeUndefined();
  });

  test("counts what falls out of the five minutes no more, and no waiting attempt prolongs it", () => {
    for (let index = 0; index < mostFailures; index += 1) {
      nowMs = index * 1000;
      expect(attempt(here, "ann")).toBeUndefined();
    }
    nowMs = failureWindowMs - 1;
    expect(attempt(here, "ann")).toBe(1);
    nowMs = failureWindowMs;
    expect(attempt(here, "ann")).toBeUndefined();
    expect(attempt(here, "ann")).toBe(1);
  });

  test("locks no user out: an address without failures has its try while others guess", () => {
    for (let index = 0; index < mostFailures; index += 1) {
      expect(attempt(`203.0.113.${index}`, "ann")).toBeUndefined();
    }
    expect(attempt("203.0.113.3", "ann")).toBe(300);
    expect(attempt("203.0.113.3", "bob")).toBeUndefined();
    expect(attempt(here, "ann")).toBeUndefined();
    throttle.succeeded(here, "ann");
    expect(attempt(here, "ann")).toBeUndefined();
  });

  test("takes back with a success the attempts of this user here, and no others", () => {
    fail(4, here, () => "bob");
    fail(5, here, () => "ann");
    throttle.succeeded(here, "ann");
    fail(mostFailures - 4, here, () => "eve");
    expect(attempt(here, "ann")).toBe(300);
    expect(attempt(there, "ann")).toBeUndefined();
  });

  test("a client that is right every time never waits", () => {
    for (let index = 0; index < 100; index += 1) {
      expect(attempt(here, "ann")).toBeUndefined();
      throttle.succeeded(here, "ann");
    }
  });

  test("takes an IPv6 network of 64 bits for one address, and IPv4 within IPv6 for IPv4", () => {
    fail(mostFailures, "2001:db8:0:1::1", () => "ann");
    expect(attempt("2001:db8:0:1:ffff::2", "bob")).toBe(300);
    expect(attempt("2001:db8:0:2::1", "bob")).toBeUndefined();
    fail(mostFailures, here, () => "eve");
    expect(attempt(`::ffff:${here}`, "bob")).toBe(300);
  });

  test("tells how many attempts stand against an address and a name", () => {
    fail(2, here, () => "ann");
    fail(1, here, () => "bob");
    fail(1, there, () => "ann");
    expect(throttle.attempt(here, "ann")).toEqual({ kind: "counted", standing: { ofAddress: 3, ofUser: 3 } });
    expect(throttle.attempt("203.0.113.9", "eve")).toEqual({
      kind: "counted",
      standing: { ofAddress: 0, ofUser: 0 },
    });
  });

  test("an attempt that was not made is taken back, and no failure with it", () => {
    fail(mostFailures - 1, here, () => "ann");
    for (let index = 0; index < 50; index += 1) {
      expect(attempt(here, "ann")).toBeUndefined();
      throttle.withdraw(here, "ann");
    }
    expect(throttle.attempt(here, "ann")).toMatchObject({ standing: { ofAddress: 2 * mostFailures - 1 } });
    expect(attempt(here, "ann")).toBe(300);
  });

  test("remembers only so many addresses and names", () => {
    throttle = createThrottle(() => nowMs, 3);
    fail(mostFailures, here, () => "ann");
    expect(attempt(here, "ann")).toBe(300);
    for (const other of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) throttle.attempt(other, other);
    expect(attempt(here, "ann")).toBeUndefined();
  });
});
