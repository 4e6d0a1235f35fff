import { expect, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { CallTime } from "./call-time.ts";

function makeTime({ tells = true } = {}) {
  let now = 0;
  let waited = 5_000;
  let reads = 0;
  const time = new CallTime({
    clock: () => now,
    waited: () => {
      reads += 1;
      return tells ? waited : undefined;
    },
  });
  return {
    /** A call that works so long, and waits so long for a processor. */
    call: ({ works, waits = 0 }: { works: number; waits?: number }) => {
      const began = time.begin();
      now += works + waits;
      waited += waits;
      return time.since(began);
    },
    pass: ({ ms, waits = 0 }: { ms: number; waits?: number }) => {
      now += ms;
      waited += waits;
    },
    reads: () => reads,
  };
}

test("what a call waited for a processor is left out", () => {
  const { call } = makeTime();
  expect(call({ works: 1 })).toBe(1);
  expect(call({ works: 2, waits: 300 })).toBe(2);
  expect(call({ works: 300 })).toBe(300);
});

test("what was waited long before a slow call is not left out of it", () => {
  const { call, pass } = makeTime();
  call({ works: 1 });
  pass({ ms: 5_000, waits: 4_000 });
  expect(call({ works: 300 })).toBe(300);
});

test("quick calls do not read it each time", () => {
  const { call, reads } = makeTime();
  for (let at = 0; at < 1_000; at += 1) call({ works: 1 });
  expect(reads()).toBe(10);
});

test("where nobody tells, all counts, and it is asked once", () => {
  const { call, reads } = makeTime({ tells: false });
  expect(call({ works: 2, waits: 300 })).toBe(302);
  expect(call({ works: 300 })).toBe(300);
  expect(reads()).toBe(1);
});

testWith(["linux"], "the system tells it", () => {
  const time = new CallTime();
  const began = time.begin();
  expect(time.since(began)).toBeGreaterThanOrEqual(0);
});
