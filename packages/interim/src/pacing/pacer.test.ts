import { describe, expect, test } from "vitest";
import type { Exchange, ExchangeState } from "../exchange/exchange.ts";
import { checkInterim, type InterimFields, interimBytes } from "../fields/interim-fields.ts";
import type { Allowance } from "../profiles/profiles.ts";
import { createPacer, type FollowOptions, type PacerOptions } from "./pacer.ts";

const plenty: Allowance = {
  budget: Number.POSITIVE_INFINITY,
  bytes: 3584,
  totalBytes: Number.POSITIVE_INFINITY,
  profile: "test",
};

/** A pacer on a clock that is moved by hand. */
function open(options: PacerOptions = {}) {
  let now = 5_000;
  const timers = new Map<object, { run: () => void; at: number }>();
  const errors: unknown[] = [];
  const pacer = createPacer({
    clock: () => now,
    setTimer: (run, ms) => {
      const key = {};
      timers.set(key, { run, at: now + ms });
      return () => timers.delete(key);
    },
    onError: (error) => errors.push(error),
    ...options,
  });
  const advance = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const next = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (next === undefined) break;
      timers.delete(next[0]);
      now = Math.max(now, next[1].at);
      next[1].run();
    }
    now = end;
  };
  return { pacer, advance, errors, timers };
}

/** An exchange that only remembers what was sent. */
function fakeExchange(options: { complete?: boolean; protocol?: Exchange["protocol"] } = {}) {
  const gone = new AbortController();
  const listeners: (() => void)[] = [];
  const fake = {
    sent: [] as InterimFields[],
    state: "waiting" as ExchangeState,
    writable: true,
    requestComplete: options.complete ?? true,
    protocol: options.protocol ?? "HTTP/1.1",
    closed: gone.signal,
    undelivered: false,
    whenUndelivered: (listener: () => void) => gone.signal.addEventListener("abort", listener),
    whenRequestComplete: (listener: () => void) => {
      if (fake.requestComplete) listener();
      else listeners.push(listener);
    },
    interim: (status: number, fields: InterimFields) => {
      checkInterim(status, fields);
      if (fake.state !== "waiting" || !fake.writable) return false;
      fake.sent.push(fields);
      return true;
    },
    complete: () => {
      fake.requestComplete = true;
      for (const listener of listeners) listener();
    },
    leave: () => {
      fake.state = "closed";
      gone.abort();
    },
  };
  return fake;
}

function following(more: Partial<FollowOptions> = {}): FollowOptions {
  return {
    allowance: plenty,
    pacing: { afterMs: 20_000, everyMs: 15_000 },
    asked: false,
    progress: () => ({ done: 0, total: undefined }),
    fields: (sent) => ({ "X-Sent": String(sent) }),
    ...more,
  };
}

const as = (fake: ReturnType<typeof fakeExchange>): Exchange => fake as unknown as Exchange;

describe("a pacer", () => {
  test("sends the first after afterMs and the others every everyMs", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const followed = pacer.follow(as(exchange), following());
    advance(19_990);
    expect(exchange.sent).toHaveLength(0);
    advance(20);
    expect(exchange.sent).toEqual([{ "X-Sent": "0" }]);
    advance(30_020);
    expect(exchange.sent).toHaveLength(3);
    expect(followed.sent).toBe(3);
    expect(followed.budgetSpent).toBe(false);
  });

  test("paces in steps of 10 ms: 50 ms works", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    pacer.follow(as(exchange), following({ pacing: { afterMs: 50, everyMs: 50 } }));
    advance(1_000);
    expect(exchange.sent.length).toBeGreaterThanOrEqual(16);
    expect(exchange.sent.length).toBeLessThanOrEqual(20);
  });

  test("sends at once when asked", () => {
    const { pacer } = open();
    const exchange = fakeExchange();
    pacer.follow(as(exchange), following({ asked: true }));
    expect(exchange.sent).toHaveLength(1);
  });

  test("starts counting when the complete request was received (RFC 2518 §10.1)", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange({ complete: false });
    pacer.follow(as(exchange), following());
    advance(60_000);
    expect(exchange.sent).toHaveLength(0);
    exchange.complete();
    advance(19_990);
    expect(exchange.sent).toHaveLength(0);
    advance(20);
    expect(exchange.sent).toHaveLength(1);
  });

  test("notices within a second that content was received which nobody reads", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange({ complete: false });
    pacer.follow(as(exchange), following({ asked: true }));
    exchange.requestComplete = true;
    advance(1_020);
    expect(exchange.sent).toHaveLength(1);
  });

  test("stops at the budget, and says so", () => {
    const { pacer, advance, timers } = open();
    const exchange = fakeExchange();
    const followed = pacer.follow(as(exchange), following({ allowance: { ...plenty, budget: 2 } }));
    advance(100_000);
    expect(exchange.sent).toHaveLength(2);
    expect(followed.budgetSpent).toBe(true);
    expect(pacer.size).toBe(0);
    expect(timers.size).toBe(0);
  });

  test("stops where the bytes of all interim responses are spent", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const each = interimBytes(102, { "X-Sent": "0" });
    const followed = pacer.follow(
      as(exchange),
      following({ allowance: { ...plenty, totalBytes: 3 * each } }),
    );
    advance(200_000);
    expect(exchange.sent).toHaveLength(3);
    expect(followed.budgetSpent).toBe(true);
  });

  test("where all bytes together are limited, a long request gets terser ones rather than none", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const rooms: number[] = [];
    // Fields that take all the room there is, as results of members do.
    const fields = (_: number, room: number) => {
      rooms.push(room);
      return { X: "x".repeat(room - 5) };
    };
    const totalBytes = 256 * 1024;
    pacer.follow(as(exchange), following({ allowance: { ...plenty, totalBytes }, fields }));
    advance(24 * 60 * 60 * 1000);
    const bare = interimBytes(102, {});
    expect(rooms[0]).toBe(plenty.bytes - bare);
    expect(rooms.slice(1, -1)).toEqual(rooms.slice(1, -1).toSorted((a, b) => b - a));
    expect(exchange.sent.length).toBeGreaterThan(400);
    const spent = exchange.sent.reduce((sum, sent) => sum + interimBytes(102, sent), 0);
    expect(spent).toBeLessThanOrEqual(totalBytes);
    expect(totalBytes - spent).toBeLessThan(192);
  });

  test("a budget that all bytes suffice for is not stinted", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const rooms: number[] = [];
    const fields = (_: number, room: number) => {
      rooms.push(room);
      return { X: "x".repeat(room - 5) };
    };
    const allowance = { ...plenty, budget: 5, bytes: 3000, totalBytes: 15_000 };
    pacer.follow(as(exchange), following({ allowance, fields }));
    advance(24 * 60 * 60 * 1000);
    expect(rooms).toEqual(Array(5).fill(3000 - interimBytes(102, {})));
  });

  test("tells the fields how much room there is, and sends a bare one rather than too large a one", () => {
    const { pacer, errors } = open();
    const rooms: number[] = [];
    const bare = interimBytes(102, {});
    const send = (length: (room: number) => number) => {
      const exchange = fakeExchange();
      const fields = (_: number, room: number) => {
        rooms.push(room);
        return { X: "x".repeat(length(room) - 5) };
      };
      pacer.follow(as(exchange), following({ asked: true, allowance: { ...plenty, bytes: 500 }, fields }));
      return exchange.sent[0];
    };
    expect(interimBytes(102, send((room) => room) ?? {})).toBe(500);
    expect(send((room) => room + 1)).toEqual({});
    expect(rooms).toEqual([500 - bare, 500 - bare]);
    expect(errors).toHaveLength(1);
  });

  test.each<[string, Partial<FollowOptions>, { protocol?: "HTTP/1.0" }]>([
    ["an allowance of 0", { allowance: { ...plenty, budget: 0 } }, {}],
    ["no bytes", { allowance: { ...plenty, bytes: 0 } }, {}],
    ["HTTP/1.0", {}, { protocol: "HTTP/1.0" }],
  ])("keeps what may get none out of the wheel: %s", (_, options, exchangeOptions) => {
    const { pacer, timers } = open();
    const followed = pacer.follow(as(fakeExchange(exchangeOptions)), following({ asked: true, ...options }));
    expect(pacer.size).toBe(0);
    expect(timers.size).toBe(0);
    expect(followed.budgetSpent).toBe(true);
    followed.news();
    followed.stop();
  });

  test("news of progress bring the first one forward, not before a second", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    let done = 0;
    const followed = pacer.follow(as(exchange), following({ progress: () => ({ done, total: 1_000 }) }));
    advance(100);
    done = 1;
    for (let i = 0; i < 1_000; i += 1) followed.news();
    advance(880);
    expect(exchange.sent).toHaveLength(0);
    advance(40);
    expect(exchange.sent).toHaveLength(1);
    done = 2;
    followed.news();
    advance(14_000);
    expect(exchange.sent).toHaveLength(1);
  });

  test("news that come after the first second count too, and slow progress that quickens does not hasten", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    let done = 0;
    const followed = pacer.follow(as(exchange), following({ progress: () => ({ done, total: 1_000 }) }));
    advance(3_000);
    done = 900;
    followed.news();
    advance(500);
    expect(exchange.sent).toHaveLength(0);
    done = 10;
    followed.news();
    advance(500);
    expect(exchange.sent).toHaveLength(1);
  });

  test("is not silenced by a forecast that was wrong: slow at first, then quick", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    let done = 1;
    pacer.follow(
      as(exchange),
      following({
        allowance: { ...plenty, budget: 5 },
        asked: true,
        progress: () => ({ done, total: 1_000_000 }),
      }),
    );
    advance(16_000);
    expect(exchange.sent).toHaveLength(1);
    done = 500_000;
    // Without a new forecast the second one would come after days.
    advance(15_000);
    expect(exchange.sent).toHaveLength(2);
  });

  test("ends when the final response begins, when the client is gone, when it is stopped", () => {
    const { pacer, advance, timers } = open();
    const exchanges = [fakeExchange(), fakeExchange(), fakeExchange()] as const;
    const all = exchanges.map((exchange) => pacer.follow(as(exchange), following()));
    expect(pacer.size).toBe(3);
    exchanges[1].leave();
    expect(pacer.size).toBe(2);
    all[2]?.stop();
    expect(pacer.size).toBe(1);
    exchanges[0].state = "answering";
    advance(20_020);
    expect(pacer.size).toBe(0);
    expect(timers.size).toBe(0);
    expect(exchanges.flatMap(({ sent }) => sent)).toEqual([]);
    expect(all.map(({ budgetSpent }) => budgetSpent)).toEqual([false, false, false]);
  });

  test("tries again a second later while the client does not read", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    exchange.writable = false;
    const followed = pacer.follow(as(exchange), following());
    advance(40_000);
    expect(followed.sent).toBe(0);
    exchange.writable = true;
    advance(1_020);
    expect(followed.sent).toBe(1);
  });

  test("fields, progress and reporters that throw harm nobody: a bare 102 is sent", () => {
    const { pacer, advance, errors } = open();
    const broken = fakeExchange();
    const forged = fakeExchange();
    const other = fakeExchange();
    const fail = (): never => {
      throw new Error("broken");
    };
    pacer.follow(as(broken), following({ fields: fail, progress: fail }));
    pacer.follow(as(forged), following({ fields: () => ({ X: "a\r\nb" }) }));
    pacer.follow(as(other), following());
    advance(20_020);
    expect(broken.sent).toEqual([{}]);
    expect(forged.sent).toEqual([{}]);
    expect(other.sent).toEqual([{ "X-Sent": "0" }]);
    expect(errors.length).toBeGreaterThanOrEqual(2);
  });

  test("tells of each that was sent, and of none that was not", () => {
    const told: string[] = [];
    const { pacer, advance, errors } = open({
      onSent: ({ profile }) => {
        told.push(profile);
        throw new Error("a counter that fails");
      },
    });
    const exchange = fakeExchange();
    pacer.follow(as(exchange), following());
    advance(20_020);
    exchange.writable = false;
    advance(20_000);
    expect(told.length).toBe(exchange.sent.length);
    expect([told.length, errors.length]).toEqual([1, 1]);
  });

  test("refuses times that are none", () => {
    const { pacer } = open();
    for (const pacing of [
      { afterMs: -1, everyMs: 0 },
      { afterMs: 0, everyMs: Number.NaN },
    ]) {
      expect(() => pacer.follow(as(fakeExchange()), following({ pacing }))).toThrow(TypeError);
    }
  });

  test("closed, it ends all and follows nobody any more", () => {
    const { pacer, advance, timers } = open();
    const exchange = fakeExchange();
    pacer.follow(as(exchange), following());
    pacer.close();
    pacer.follow(as(exchange), following({ asked: true }));
    advance(60_000);
    expect(exchange.sent).toEqual([]);
    expect(pacer.size).toBe(0);
    expect(timers.size).toBe(0);
  });

  test("20,000 waiting exchanges cost one timer, and each gets its own", () => {
    const { pacer, advance, timers } = open();
    const exchanges = Array.from({ length: 20_000 }, () => fakeExchange());
    for (const exchange of exchanges) pacer.follow(as(exchange), following());
    expect(pacer.size).toBe(20_000);
    expect(timers.size).toBe(1);
    advance(20_020);
    expect(exchanges.every(({ sent }) => sent.length === 1)).toBe(true);
    pacer.close();
  });
});

describe("fields that are not known yet", () => {
  const unknown = (known: { at: number }): FollowOptions["fields"] => {
    let asked = 0;
    return () => {
      asked += 1;
      return asked >= known.at ? { Progress: "1/2" } : "soon";
    };
  };

  test("are asked for again, and the interim response goes with them", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    pacer.follow(as(exchange), following({ asked: true, fields: unknown({ at: 3 }) }));
    expect(exchange.sent).toEqual([]);
    advance(100);
    expect(exchange.sent).toEqual([{ Progress: "1/2" }]);
  });

  test("are asked for at the end, for a client that asked: it gets an interim response in any case", () => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const follow = pacer.follow(
      exchange as unknown as Exchange,
      following({ asked: true, fields: unknown({ at: 2 }) }),
    );
    follow.stop();
    expect([exchange.sent, follow.sent, pacer.size]).toEqual([[{ Progress: "1/2" }], 1, 0]);
    follow.stop();
    advance(60_000);
    expect(exchange.sent).toHaveLength(1);
  });

  test.each([
    ["where they are not known even then", { asked: true, fields: unknown({ at: 9 }) }, "waiting"],
    ["for a client that did not ask", { asked: false, fields: unknown({ at: 2 }) }, "waiting"],
    ["where the final response has begun", { asked: true, fields: unknown({ at: 2 }) }, "answering"],
  ] as const)("are nothing at the end %s", (_name, options, state) => {
    const { pacer, advance } = open();
    const exchange = fakeExchange();
    const follow = pacer.follow(
      exchange as unknown as Exchange,
      following({ pacing: { afterMs: 0, everyMs: 1000 }, ...options }),
    );
    exchange.state = state;
    follow.stop();
    advance(60_000);
    expect(exchange.sent).toEqual([]);
  });
});
