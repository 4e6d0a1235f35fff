import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { unheldTimeout } from "../time/timers.ts";
import { ClaimTable, createClaims } from "./claim-table.ts";
import type { Claim, Release } from "./claims.ts";

/** Timers that go off when the test says so. */
function fakeTimers(): {
  after: (ms: number, callback: () => void) => () => void;
  fire(): void;
  readonly pending: number;
} {
  const pending = new Set<() => void>();
  return {
    after(_ms, callback) {
      pending.add(callback);
      return () => pending.delete(callback);
    },
    fire() {
      for (const callback of [...pending]) {
        pending.delete(callback);
        callback();
      }
    },
    get pending() {
      return pending.size;
    },
  };
}

const tree = (path: string, mode: Claim["mode"] = "exclusive"): Claim => ({ path, scope: "tree", mode });
const member = (path: string, mode: Claim["mode"] = "exclusive"): Claim => ({ path, scope: "member", mode });

const pairs: readonly [name: string, held: Claim, wanted: Claim, conflict: boolean][] = [
  ["a tree and itself", tree("/a"), tree("/a"), true],
  ["a tree and a tree below", tree("/a"), tree("/a/b/c"), true],
  ["a tree and a tree above", tree("/a/b"), tree("/a"), true],
  ["the root and anything", tree("/"), member("/a/b"), true],
  ["anything and the root", member("/a/b"), tree("/"), true],
  ["a tree and a member below", tree("/a"), member("/a/b"), true],
  ["a member and a tree above", member("/a/b"), tree("/a"), true],
  ["a member and a tree below it", member("/a"), tree("/a/b"), false],
  ["a member and itself", member("/a"), member("/a"), true],
  ["a member and its own member", member("/a"), member("/a/b"), false],
  ["neighbours", tree("/a"), tree("/b"), false],
  ["names that begin alike", tree("/a"), tree("/ab"), false],
  ["shared and shared", tree("/a", "shared"), tree("/a/b", "shared"), false],
  ["shared and exclusive", tree("/a", "shared"), tree("/a/b"), true],
  ["exclusive and shared", member("/a/b"), tree("/a", "shared"), true],
];
test("a time-out goes off once, unless it was cancelled", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gone: string[] = [];
  unheldTimeout(10, () => gone.push("kept"));
  unheldTimeout(10, () => gone.push("cancelled"))();
  vi.advanceTimersByTime(9);
  expect(gone).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(gone).toEqual(["kept"]);
});

test.each(pairs)("%s", async (_name, held, wanted, conflict) => {
  const claims = createClaims(fakeTimers().after);
  const release = await claims.acquire([held], 0);
  const second = await claims.acquire([wanted], 0);
  expect(second === undefined).toBe(conflict);
  second?.();
  release?.();
  // Once more does no harm.
  release?.();
  expect(await claims.acquire([wanted], 0)).toBeDefined();
});

describe("waiting", () => {
  test("ends with the claims when they become free", async () => {
    const timers = fakeTimers();
    const claims = createClaims(timers.after);
    const release = await claims.acquire([tree("/a")], 0);
    const waiting = claims.acquire([tree("/a/b"), tree("/c")], 1000);
    release?.();
    expect(await waiting).toBeDefined();
    expect([claims.held, timers.pending]).toEqual([2, 0]);
  });

  test("ends without them when the time is over, and leaves nothing", async () => {
    const timers = fakeTimers();
    const claims = createClaims(timers.after);
    const release = await claims.acquire([tree("/a")], 0);
    const waiting = claims.acquire([tree("/a"), tree("/c")], 1000);
    timers.fire();
    expect(await waiting).toBeUndefined();
    expect(await claims.acquire([tree("/c")], 0)).toBeDefined();
    release?.();
    expect(claims.held).toBe(1);
  });

  test("ends without them when it is no longer wanted", async () => {
    const timers = fakeTimers();
    const claims = createClaims(timers.after);
    await claims.acquire([tree("/a")], 0);
    const controller = new AbortController();
    const waiting = claims.acquire([tree("/a")], 1000, controller.signal);
    controller.abort();
    expect(await waiting).toBeUndefined();
    expect(timers.pending).toBe(0);
    expect(await claims.acquire([tree("/a")], 1000, controller.signal)).toBeUndefined();
  });

  test("is served in order: one release lets the first in, and the next after it", async () => {
    const claims = createClaims(fakeTimers().after);
    const release = await claims.acquire([tree("/a")], 0);
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const mine = await claims.acquire([tree("/a")], 1000);
      order.push(number);
      mine?.();
    });
    release?.();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    expect(claims.held).toBe(0);
  });

  test("takes all or nothing: what is free is not held while the rest is waited for", async () => {
    const claims = createClaims(fakeTimers().after);
    await claims.acquire([tree("/a")], 0);
    const both = claims.acquire([tree("/b"), tree("/a")], 1000);
    expect(claims.held).toBe(1);
    void both;
  });

  test("whoever waits goes before newcomers that conflict with him, and others pass", async () => {
    const timers = fakeTimers();
    const claims = createClaims(timers.after);
    const reader = await claims.acquire([{ path: "/a", scope: "tree", mode: "shared" }], 0);
    const writer = claims.acquire([tree("/a")], 1000);
    const newcomer = { path: "/a/b", scope: "member", mode: "shared" } as const;
    expect(await claims.acquire([newcomer], 0)).toBeUndefined();
    expect(await claims.acquire([tree("/b")], 0)).toBeDefined();
    reader?.();
    expect(await writer).toBeDefined();
  });

  const shared = "shared";
  const turns: readonly (readonly [waits: Claim, comes: Claim, goes: boolean])[] = [
    [tree("/a", shared), tree("/a", shared), true],
    [member("/a"), member("/a", shared), false],
    [tree("/a", shared), member("/a/b"), false],
    [tree("/a"), member("/a/b/c"), false],
    [member("/a/b"), tree("/a"), false],
    [member("/a"), member("/a/b"), true],
    [tree("/a"), tree("/ab"), true],
    [tree("/"), member("/a"), false],
  ];
  test.each(turns)("while %j waits for something else too, does %j go on: %j", async (waits, comes, goes) => {
    const claims = createClaims(fakeTimers().after);
    await claims.acquire([member("/held")], 0);
    void claims.acquire([member("/held"), waits], 1000);
    expect((await claims.acquire([comes], 0)) !== undefined).toBe(goes);
  });

  test("so many may wait: the next is refused, and may come again when one has gone", async () => {
    const timers = fakeTimers();
    const claims = createClaims(timers.after, 2);
    const release = await claims.acquire([tree("/a")], 0);
    const waiting = [1, 2].map(() => claims.acquire([tree("/a")], 1000));
    await expect(claims.acquire([tree("/a")], 1000)).rejects.toMatchObject({ code: "ERR_CLAIM_LIMIT" });
    expect(await claims.acquire([tree("/b")], 1000), "what is free needs no waiting").toBeDefined();
    timers.fire();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    const next = claims.acquire([tree("/a")], 1000);
    release?.();
    expect(await next).toBeDefined();
  });

  test("readers that come and go for ever do not keep a writer out", async () => {
    const claims = createClaims(fakeTimers().after);
    let reader = await claims.acquire([tree("/a", "shared")], 0);
    const writer = claims.acquire([tree("/a")], 1000);
    const readers = [1, 2, 3].map(() => claims.acquire([member("/a/b", "shared")], 1000));
    reader?.();
    const release = await writer;
    expect(release).toBeDefined();
    expect(claims.held).toBe(1);
    release?.();
    for (const one of readers) (await one)?.();
    reader = undefined;
    expect(claims.held).toBe(0);
  });

  test("two who want the same paths in another order do not wait for each other", async () => {
    const claims = createClaims(fakeTimers().after);
    const holder = await claims.acquire([member("/a"), member("/b")], 0);
    const waiting = [
      claims.acquire([member("/a"), member("/b")], 1000),
      claims.acquire([member("/b"), member("/a")], 1000),
    ];
    holder?.();
    for (const one of waiting) (await one)?.();
    expect(claims.held).toBe(0);
  });

  test("those behind one who gives up are served", async () => {
    const claims = createClaims(fakeTimers().after);
    const leaving = new AbortController();
    await claims.acquire([{ path: "/a", scope: "tree", mode: "shared" }], 0);
    const writer = claims.acquire([tree("/a")], 1000, leaving.signal);
    const reader = claims.acquire([{ path: "/a/b", scope: "member", mode: "shared" }], 1000);
    leaving.abort();
    expect(await writer).toBeUndefined();
    expect(await reader).toBeDefined();
  });
});

/** Whether two claims may be held by two at once; written down apart from how it is done. */
function compatible(a: Claim, b: Claim): boolean {
  if (a.mode === "shared" && b.mode === "shared") return true;
  const covers = (outer: Claim, inner: Claim): boolean =>
    outer.path === inner.path ||
    (outer.scope === "tree" && (outer.path === "/" || inner.path.startsWith(`${outer.path}/`)));
  return !covers(a, b) && !covers(b, a);
}

const claim: fc.Arbitrary<Claim> = fc.record({
  path: fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }).map((names) => `/${names.join("/")}`),
  scope: fc.constantFrom("tree" as const, "member" as const),
  mode: fc.constantFrom("shared" as const, "exclusive" as const),
});
const wishes = fc.array(
  fc.record({
    claims: fc.array(claim, { minLength: 1, maxLength: 2 }),
    waits: fc.boolean(),
    releases: fc.nat(5),
  }),
  { maxLength: 30 },
);

test("whatever is asked for and given back: no two that conflict are ever held, and whoever waits gets it in the end", async () => {
  await fc.assert(
    fc.asyncProperty(wishes, async (steps) => {
      const timers = fakeTimers();
      const claims = createClaims(timers.after);
      const holders = new Map<readonly Claim[], Release>();
      const refused: (readonly Claim[])[] = [];
      const enter = (wanted: readonly Claim[], release: Release | undefined): void => {
        if (!release) {
          refused.push(wanted);
          return;
        }
        for (const [others] of holders)
          for (const mine of wanted) for (const other of others) expect(compatible(mine, other)).toBe(true);
        holders.set(wanted, release);
      };
      const leave = (): void => {
        const [first] = holders;
        if (!first) return;
        holders.delete(first[0]);
        first[1]();
      };
      const all: Promise<void>[] = [];
      let waited = 0;
      for (const { claims: wanted, waits, releases } of steps) {
        const before = [...holders.keys()].flat();
        const asked = claims.acquire(wanted, waits ? 1000 : 0).then((release) => enter(wanted, release));
        all.push(asked);
        if (waits) waited += 1;
        else {
          await asked;
          const free = before.every((other) => wanted.every((mine) => compatible(mine, other)));
          // Those who wait go first.
          if (!free || waited === 0) expect(holders.has(wanted)).toBe(free);
        }
        for (let released = 0; released < releases % 2; released += 1) leave();
        await Promise.resolve();
        await Promise.resolve();
      }
      while (holders.size > 0) {
        leave();
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await Promise.all(all);
      expect(refused.length).toBeLessThanOrEqual(steps.length - waited);
      expect([claims.held, timers.pending]).toEqual([0, 0]);
    }),
    { numRuns: 200 },
  );
});

describe("claims of several processes", () => {
  test("exclude each other, and are given back when their process is gone", async () => {
    const timers = fakeTimers();
    const table = new ClaimTable();
    const [one, other] = [table.of("one", timers.after), table.of("other", timers.after)];
    await one.acquire([tree("/a")], 0);
    expect(await other.acquire([member("/a/b")], 0)).toBeUndefined();
    const [mine, theirs] = [one.acquire([tree("/a")], 1000), other.acquire([member("/a/b")], 1000)];
    table.releaseAll("one");
    expect([await mine, await theirs]).toEqual([undefined, expect.any(Function)]);
    expect([one.held, other.held]).toEqual([0, 1]);
  });

  test("are served in the order in which they came, whichever process asked", async () => {
    const timers = fakeTimers();
    const table = new ClaimTable();
    const owners = ["one", "other"].map((name) => table.of(name, timers.after));
    const release = await owners[0]?.acquire([tree("/a")], 0);
    const order: number[] = [];
    const waiting = [0, 1, 0, 1].map(async (owner, number) => {
      const mine = await owners[owner]?.acquire([tree("/a")], 1000);
      order.push(number);
      mine?.();
    });
    release?.();
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2, 3]);
  });
});
