import { describe, expect, test } from "vitest";
import { Pace } from "./pace.ts";

function makePace() {
  let now = 0;
  let turns = 0;
  const pace = new Pace(
    () => now,
    async () => {
      turns += 1;
    },
  );
  return {
    pace,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    turns: () => turns,
    /** A call that takes so long when it is made at once; tells how it was made. */
    call: (milliseconds: number) =>
      pace.call<string>(
        () => {
          now += milliseconds;
          return "at once";
        },
        async () => "later",
      ),
  };
}

describe("calls", () => {
  test("are made at once while the disk is fast", () => {
    const { call } = makePace();
    for (let i = 0; i < 1000; i += 1) expect(call(1)).toBe("at once");
  });

  test("are made later once late ones took 100 ms together, and at once again after two seconds", async () => {
    const { call, pass } = makePace();
    for (let i = 0; i < 5; i += 1) expect(call(22)).toBe("at once");
    expect(await call(22)).toBe("later");
    expect(call(0)).toBeInstanceOf(Promise);
    pass(1990);
    expect(call(0)).toBeInstanceOf(Promise);
    pass(20);
    expect(call(1)).toBe("at once");
  });

  test("are soon made later again where the disk is still slow after that", async () => {
    const { call, pass } = makePace();
    expect(call(100)).toBe("at once");
    pass(2001);
    expect(call(20)).toBe("at once");
    expect(call(1)).toBeInstanceOf(Promise);
  });

  test("are made later after a single one that took 100 ms", () => {
    const { call } = makePace();
    expect(call(100)).toBe("at once");
    expect(call(1)).toBeInstanceOf(Promise);
  });

  test("are not made later for some that are late while a process is young", () => {
    const { call } = makePace();
    for (let i = 0; i < 4; i += 1) {
      expect(call(20)).toBe("at once");
      for (let quick = 0; quick < 100; quick += 1) expect(call(0.1)).toBe("at once");
    }
  });

  test("are not made later for one that is late now and then", () => {
    const { call, pass } = makePace();
    for (let i = 0; i < 100; i += 1) {
      expect(call(20)).toBe("at once");
      pass(250);
    }
  });

  test("count as late when they fail, too", () => {
    const { call, pace, pass } = makePace();
    const fail = () =>
      pace.call<string>(
        () => {
          pass(60);
          throw new Error("failed");
        },
        async () => "later",
      );
    expect(fail).toThrow("failed");
    expect(fail).toThrow("failed");
    expect(call(1)).toBeInstanceOf(Promise);
  });
});

describe("breathing", () => {
  test("gives others their turn when the slice is over, and not before", async () => {
    const { pace, pass, turns } = makePace();
    await pace.breathe();
    expect(turns()).toBe(1);
    expect(pace.breathe()).toBeUndefined();
    pass(1);
    expect(pace.breathe()).toBeUndefined();
    pass(1);
    await pace.breathe();
    expect(turns()).toBe(2);
  });

  test("is one turn for all that wait", async () => {
    const { pace, pass, turns } = makePace();
    await pace.breathe();
    pass(5);
    await Promise.all([pace.breathe(), pace.breathe(), pace.breathe()]);
    expect(turns()).toBe(2);
  });
});
