import { describe, expect, test } from "vitest";
import { FileWorkers } from "./file-workers.ts";
import { MountTraffic } from "./mount-traffic.ts";

function makeTraffic({ local = true } = {}) {
  let now = 0;
  const lane = new FileWorkers().lane("refusing");
  let runningSince: number | undefined;
  Object.defineProperty(lane, "runningSince", { get: () => runningSince });
  const traffic = new MountTraffic({ local, calls: lane, long: lane, clock: () => now });
  return {
    traffic,
    pass: (ms: number) => {
      now += ms;
    },
    /** A call that takes so long; tells whether the next may be made on the main thread. */
    call: (ms: number) => {
      now += ms;
      traffic.took(ms);
      return traffic.quick;
    },
    beginInWorker: () => {
      runningSince = now;
    },
    endInWorker: () => {
      runningSince = undefined;
    },
  };
}

describe("a mount is quick", () => {
  test("while its calls are", () => {
    const { call } = makeTraffic();
    for (let i = 0; i < 1000; i += 1) expect(call(1)).toBe(true);
  });

  test("not where it is on a network, or FUSE, however quick its calls are", () => {
    const { call } = makeTraffic({ local: false });
    for (let i = 0; i < 1000; i += 1) expect(call(0)).toBe(false);
  });

  test("not for two minutes after a single call of a tenth of a second", () => {
    const { call, traffic, pass } = makeTraffic();
    expect(call(100)).toBe(false);
    pass(119_990);
    expect(traffic.quick).toBe(false);
    pass(20);
    expect(traffic.quick).toBe(true);
  });

  test("not once late calls took a tenth of a second together", () => {
    const { call } = makeTraffic();
    for (let i = 0; i < 5; i += 1) expect(call(22)).toBe(i < 4);
  });

  test("is found slow again sooner, where the first late calls after that show it", () => {
    const { call, pass } = makeTraffic();
    call(100);
    pass(120_001);
    expect(call(20)).toBe(false);
  });

  test("not while a call in a worker has not come back for a tenth of a second", () => {
    const { traffic, pass, beginInWorker, endInWorker } = makeTraffic();
    beginInWorker();
    pass(99);
    expect(traffic.quick).toBe(true);
    pass(1);
    expect(traffic.quick).toBe(false);
    endInWorker();
    expect(traffic.quick).toBe(true);
  });

  test("where some calls are late while a process is young", () => {
    const { call } = makeTraffic();
    for (let i = 0; i < 4; i += 1) {
      expect(call(20)).toBe(true);
      for (let quick = 0; quick < 100; quick += 1) expect(call(0.1)).toBe(true);
    }
  });

  test("where one call is late now and then", () => {
    const { call, pass } = makeTraffic();
    for (let i = 0; i < 100; i += 1) {
      expect(call(20)).toBe(true);
      pass(250);
    }
  });
});
