import { isWithin, type Lock, type LockToken, parsePath, type ResourcePath } from "@meanwhile/dav";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LockRequest } from "./lock-store.ts";
import { defaultLockLimits, type LockLimits, LockTable } from "./lock-table.ts";

function request(path: string, more: Partial<LockRequest> = {}): LockRequest {
  const root = parsePath(path);
  return {
    root,
    scope: "exclusive",
    depth: "0",
    owner: undefined,
    principal: undefined,
    timeoutSeconds: 100,
    ...more,
  };
}

function tableWith(limits: Partial<LockLimits> = {}) {
  const time = { nowMs: 1_000_000 };
  const kept = new Map<LockToken, Lock>();
  let tokens = 0;
  const table = new LockTable({
    clock: () => time.nowMs,
    newLockToken: () => {
      tokens += 1;
      return `urn:test:${tokens}`;
    },
    limits,
    record: { put: (lock) => kept.set(lock.token, lock), drop: (token) => kept.delete(token) },
  });
  return { table, time, kept };
}

describe("limits", () => {
  test("by default are 100,000 locks in all, 10,000 of one principal, 64 shared ones on one resource", () => {
    expect(defaultLockLimits).toMatchObject({
      locks: 100_000,
      locksPerPrincipal: 10_000,
      locksPerResource: 64,
    });
  });

  const cases: readonly [string, Partial<LockLimits>, LockRequest[], LockRequest, LockRequest][] = [
    [
      "locks in all",
      { locks: 2 },
      [request("/a", { principal: "ann" }), request("/b", { principal: "bob" })],
      request("/c", { principal: "cem" }),
      request("/a", { principal: "cem" }),
    ],
    [
      "locks of one principal",
      { locksPerPrincipal: 2 },
      [request("/a", { principal: "ann" }), request("/b", { principal: "ann" })],
      request("/c", { principal: "ann" }),
      request("/d", { principal: "bob" }),
    ],
    [
      "locks of all anonymous clients together",
      { locksPerPrincipal: 2 },
      [request("/a"), request("/b")],
      request("/c"),
      request("/c", { principal: "ann" }),
    ],
    [
      "shared locks on one resource",
      { locksPerResource: 2 },
      [request("/a", { scope: "shared" }), request("/a", { scope: "shared" })],
      request("/a", { scope: "shared" }),
      request("/a/b", { scope: "shared" }),
    ],
    [
      "characters of owners",
      { ownerCharacters: 10 },
      [request("/a", { owner: "12345" }), request("/b", { owner: "1234" })],
      request("/c", { owner: "12" }),
      request("/c", { owner: "1" }),
    ],
    [
      "names in the paths of roots",
      { names: 4 },
      [request("/a/b/c", { scope: "shared" })],
      request("/x/y"),
      request("/a/b/d"),
    ],
  ];

  test.each(cases)("bound the %s", (what, limits, before, refused, accepted) => {
    const { table, kept } = tableWith(limits);
    for (const one of before) expect(table.create(one).kind).toBe("granted");
    const size = table.size;
    expect(table.create(refused)).toEqual({ kind: "exhausted" });
    expect(table.size).toBe(size);
    expect(kept.size).toBe(size);
    if (what === "locks in all") expect(table.create(accepted).kind).toBe("conflict");
    else expect(table.create(accepted).kind).toBe("granted");
  });

  test.each(cases)(
    "on %s count nothing that was removed or has expired",
    (_what, limits, before, refused) => {
      const { table, time } = tableWith(limits);
      for (const one of before) table.create(one);
      table.removeWithin(parsePath("/"));
      for (const one of before) expect(table.create(one).kind).toBe("granted");
      expect(table.create(refused).kind).toBe("exhausted");
      time.nowMs += 100_000;
      expect(table.create(refused).kind).toBe("granted");
      expect(table.size).toBe(1);
    },
  );

  test("count no expired lock, however many there are", () => {
    const { table, time } = tableWith({ locksPerPrincipal: 10 });
    for (let index = 0; index < 1000; index += 1) {
      table.create(request(`/${index}`, { principal: `p${index % 100}`, timeoutSeconds: 1 + index }));
    }
    expect(table.create(request("/new", { principal: "p99" }))).toEqual({ kind: "exhausted" });
    time.nowMs += 1_001_000;
    expect(table.create(request("/new", { principal: "p99" })).kind).toBe("granted");
  });
});

describe("expired locks", () => {
  test("are dropped in bounded steps by calls that never meet them", () => {
    const { table, time, kept } = tableWith();
    for (let index = 0; index < 1000; index += 1) table.create(request(`/${index}`));
    time.nowMs += 100_000;
    table.covering(parsePath("/elsewhere"));
    expect(table.size).toBe(1000 - 64);
    for (let call = 0; call < 15; call += 1) table.covering(parsePath("/elsewhere"));
    expect(table.size).toBe(0);
    expect(kept.size).toBe(0);
  });

  test("are dropped by those that meet them", () => {
    const { table, time, kept } = tableWith();
    for (let index = 0; index < 200; index += 1) table.create(request(`/a/${index}`));
    time.nowMs += 100_000;
    expect(table.within(parsePath("/a"))).toEqual([]);
    expect([table.size, kept.size]).toEqual([0, 0]);
  });
});

describe("a lock that is restored", () => {
  const lock: Lock = { ...request("/a"), token: "urn:test:old", expiresAtMs: 1_050_000 };

  test("is as it was", () => {
    const { table } = tableWith();
    table.restore(lock);
    expect(table.covering(parsePath("/a"))).toEqual([lock]);
  });

  test("is dropped if it has expired", () => {
    const { table, time, kept } = tableWith();
    kept.set(lock.token, lock);
    time.nowMs = lock.expiresAtMs;
    table.restore(lock);
    expect([table.size, kept.size]).toEqual([0, 0]);
  });

  test("has no longer to live than its timeout, however the clock was set meanwhile", () => {
    const { table, time } = tableWith();
    time.nowMs = 0;
    table.restore(lock);
    expect(table.covering(lock.root)).toEqual([{ ...lock, expiresAtMs: 100_000 }]);
  });

  test("is not refused by limits that are lower now", () => {
    const { table } = tableWith({ locks: 0 });
    table.restore(lock);
    expect(table.size).toBe(1);
  });
});

test("a clock that trembles changes no lock", () => {
  const { table, time } = tableWith();
  table.create(request("/a"));
  const before = table.covering(parsePath("/a"));
  time.nowMs -= 999;
  expect(table.covering(parsePath("/a"))).toEqual(before);
});

test("100,000 locks cost one lock's answer no more than ten do", () => {
  const { table } = tableWith({ locksPerPrincipal: 100_000, names: 1_000_000 });
  for (let index = 0; index < 100_000; index += 1) {
    table.create(request(`/c${index % 100}/d${index % 1000}/m${index}`, { scope: "shared" }));
  }
  expect(table.size).toBe(100_000);
  // A scan of all locks for each of these would take minutes.
  for (let index = 0; index < 10_000; index += 1) {
    expect(table.covering(parsePath(`/c${index % 100}/d${index % 1000}/m${index}`)).length).toBe(1);
    expect(table.within(parsePath(`/c${index % 100}/d${index % 1000}/m${index}`)).length).toBe(1);
  }
  // A shared lock over all of them looks for exclusive ones only where there are some.
  for (let index = 0; index < 1000; index += 1) {
    const result = table.create(request("/", { scope: "shared", depth: "infinity", principal: `${index}` }));
    if (result.kind === "granted") table.remove(result.lock.token);
  }
});

describe("compared with a list that is searched from end to end", () => {
  const paths = ["/", "/a", "/a/b", "/a/b/c", "/a/bc", "/ab", "/b/c/d/e"].map((path) => parsePath(path));
  const anyPath = fc.constantFrom(...paths);
  const step = fc.oneof(
    fc.record({
      act: fc.constant("create" as const),
      path: anyPath,
      scope: fc.constantFrom("exclusive" as const, "shared" as const),
      depth: fc.constantFrom("0" as const, "infinity" as const),
      seconds: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({
      act: fc.constant("refresh" as const),
      index: fc.nat(20),
      seconds: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({ act: fc.constant("remove" as const), index: fc.nat(20) }),
    fc.record({ act: fc.constant("removeWithin" as const), path: anyPath }),
    fc.record({ act: fc.constant("advance" as const), seconds: fc.integer({ min: 1, max: 10 }) }),
  );

  test("every answer is the same (§6, §7)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { table, time, kept } = tableWith();
        const tokens: LockToken[] = [];
        let model: Lock[] = [];
        for (const one of steps) {
          model = model.filter((lock) => lock.expiresAtMs > time.nowMs);
          switch (one.act) {
            case "create": {
              const wish = request("/", {
                root: one.path,
                scope: one.scope,
                depth: one.depth,
                timeoutSeconds: one.seconds,
              });
              const result = table.create(wish);
              const against = model.filter((lock) => conflicts(lock, wish)).map(({ token }) => token);
              if (result.kind === "granted") {
                expect(against).toEqual([]);
                model.push(result.lock);
                tokens.push(result.lock.token);
              } else {
                expect(result.kind).toBe("conflict");
                expect(result.kind === "conflict" ? tokensOf(result.locks) : []).toEqual(against.sort());
              }
              break;
            }
            case "refresh": {
              const token = tokens[one.index % Math.max(tokens.length, 1)] ?? "urn:test:none";
              const lock = table.refresh(token, one.seconds);
              const known = model.find((each) => each.token === token);
              expect(lock === undefined).toBe(known === undefined);
              if (lock !== undefined) model = [...model.filter((each) => each !== known), lock];
              break;
            }
            case "remove": {
              const token = tokens[one.index % Math.max(tokens.length, 1)] ?? "urn:test:none";
              expect(table.remove(token)).toBe(model.some((lock) => lock.token === token));
              model = model.filter((lock) => lock.token !== token);
              break;
            }
            case "removeWithin":
              table.removeWithin(one.path);
              model = model.filter((lock) => !isWithin(lock.root, one.path));
              break;
            case "advance":
              time.nowMs += one.seconds * 1000;
              model = model.filter((lock) => lock.expiresAtMs > time.nowMs);
              break;
          }
          for (const path of paths) {
            expect(tokensOf(table.covering(path))).toEqual(
              tokensOf(model.filter((lock) => covers(lock, path))),
            );
            expect(tokensOf(table.within(path))).toEqual(
              tokensOf(model.filter(({ root }) => isWithin(root, path))),
            );
          }
          expect([...kept.keys()].sort()).toEqual(tokensOf(model));
          expect(table.size).toBe(model.length);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function covers(lock: Lock, path: ResourcePath): boolean {
  return lock.root === path || (lock.depth === "infinity" && isWithin(path, lock.root));
}

function conflicts(lock: Lock, wish: LockRequest): boolean {
  if (lock.scope === "shared" && wish.scope === "shared") return false;
  return covers(lock, wish.root) || (wish.depth === "infinity" && isWithin(lock.root, wish.root));
}

function tokensOf(locks: readonly Lock[]): LockToken[] {
  return locks.map(({ token }) => token).sort();
}
