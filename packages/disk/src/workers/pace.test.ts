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
  };
}

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
