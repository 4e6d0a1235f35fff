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
  for (let index = 0; index < times; index += 1)
    expect(throttle.attempt(address, user(index))).toBeUndefined();
}

describe("the throttle", () => {
  test("lets an address fail ten times in five minutes, whatever names it tries", () => {
    fail(mostFailures, here, (index) => `user ${index}`);
    expect(throttle.attempt(here, "ann")).toBe(300);
    nowMs = 60_500;
    expect(throttle.attempt(here, "ann")).toBe(240);
    expect(throttle.attempt(there, "ann")).toBeUndefined();
  });

  test("counts what falls out of the five minutes no more, and no waiting attempt prolongs it", () => {
    for (let index = 0; index < mostFailures; index += 1) {
      nowMs = index * 1000;
      expect(throttle.attempt(here, "ann")).toBeUndefined();
    }
    nowMs = failureWindowMs - 1;
    expect(throttle.attempt(here, "ann")).toBe(1);
    nowMs = failureWindowMs;
    expect(throttle.attempt(here, "ann")).toBeUndefined();
    expect(throttle.attempt(here, "ann")).toBe(1);
  });

  test("locks no user out: an address without failures has its try while others guess", () => {
    for (let index = 0; index < mostFailures; index += 1) {
      expect(throttle.attempt(`203.0.113.${index}`, "ann")).toBeUndefined();
    }
    expect(throttle.attempt("203.0.113.3", "ann")).toBe(300);
    expect(throttle.attempt("203.0.113.3", "bob")).toBeUndefined();
    expect(throttle.attempt(here, "ann")).toBeUndefined();
    throttle.succeeded(here, "ann");
    expect(throttle.attempt(here, "ann")).toBeUndefined();
  });

  test("takes back with a success the attempts of this user here, and no others", () => {
    fail(4, here, () => "bob");
    fail(5, here, () => "ann");
    throttle.succeeded(here, "ann");
    fail(mostFailures - 4, here, () => "eve");
    expect(throttle.attempt(here, "ann")).toBe(300);
    expect(throttle.attempt(there, "ann")).toBeUndefined();
  });

  test("a client that is right every time never waits", () => {
    for (let index = 0; index < 100; index += 1) {
      expect(throttle.attempt(here, "ann")).toBeUndefined();
      throttle.succeeded(here, "ann");
    }
  });

  test("takes an IPv6 network of 64 bits for one address, and IPv4 within IPv6 for IPv4", () => {
    fail(mostFailures, "2001:db8:0:1::1", () => "ann");
    expect(throttle.attempt("2001:db8:0:1:ffff::2", "bob")).toBe(300);
    expect(throttle.attempt("2001:db8:0:2::1", "bob")).toBeUndefined();
    fail(mostFailures, here, () => "eve");
    expect(throttle.attempt(`::ffff:${here}`, "bob")).toBe(300);
  });

  test("remembers only so many addresses and names", () => {
    throttle = createThrottle(() => nowMs, 3);
    fail(mostFailures, here, () => "ann");
    expect(throttle.attempt(here, "ann")).toBe(300);
    for (const other of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) throttle.attempt(other, other);
    expect(throttle.attempt(here, "ann")).toBeUndefined();
  });
});
