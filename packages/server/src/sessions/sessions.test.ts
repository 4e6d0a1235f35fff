import { beforeEach, expect, test } from "vitest";
import { defaultSessionLimits, type SessionRecordJson, Sessions, type SessionsOptions } from "./sessions.ts";

let nowMs: number;
let table: Map<string, SessionRecordJson>;
let broken: Error | undefined;
const passwords = new Map<string, string>();
const markOf = (principal: string) => passwords.get(principal);

beforeEach(() => {
  nowMs = 1_000_000;
  table = new Map();
  broken = undefined;
  passwords.clear();
  passwords.set("ann", "first").set("bob", "other");
});

/** As a start of the process finds them. */
function open(options: Partial<SessionsOptions> = {}): Sessions {
  const records = {
    range: () => [...table].map(([key, value]) => ({ key, value })),
    put: (hash: string, record: SessionRecordJson) => void table.set(hash, record),
    remove: (hash: string) => void table.delete(hash),
  };
  const change = async (work: () => void): Promise<void> => {
    if (broken) throw broken;
    work();
  };
  return new Sessions({ kept: { records, change }, clock: () => nowMs, ...options });
}

test("a session is found by its token, and outlives the process; nothing kept tells token or password", async () => {
  const sessions = open();
  const token = await sessions.begin("ann", "first");
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(sessions.use(token, markOf)?.principal).toBe("ann");
  expect(open().use(token, markOf)?.principal).toBe("ann");
  expect(open().use(`${token.slice(0, -1)}_`, markOf)).toBeUndefined();
  const kept = JSON.stringify([...table]);
  expect(kept).not.toContain(token);
  expect(kept).not.toContain("first");
});

test("it ends by log-out, and is not there after a restart either", async () => {
  const sessions = open();
  const token = await sessions.begin("ann", "first");
  const session = sessions.use(token, markOf);
  await sessions.end(token);
  expect(session?.ended.aborted).toBe(true);
  expect(sessions.use(token, markOf)).toBeUndefined();
  expect(open().use(token, markOf)).toBeUndefined();
});

test.each([
  ["changed", () => passwords.set("ann", "second")],
  ["taken away", () => passwords.delete("ann")],
])("it ends when the password is %s, and does not come back with the old one", async (_, change) => {
  const sessions = open();
  const token = await sessions.begin("ann", "first");
  change();
  expect(sessions.use(token, markOf)).toBeUndefined();
  passwords.set("ann", "first");
  expect(sessions.use(token, markOf)).toBeUndefined();
  expect(table.size).toBe(0);
});

test("it ends after twelve idle hours, counted from its last use, over a restart too", async () => {
  const sessions = open();
  const token = await sessions.begin("ann", "first");
  nowMs += defaultSessionLimits.idleMs - 1;
  expect(sessions.use(token, markOf)).toBeDefined();
  nowMs += defaultSessionLimits.idleMs - 1;
  expect(open().use(token, markOf)).toBeDefined();
  nowMs += defaultSessionLimits.idleMs;
  expect(open().use(token, markOf)).toBeUndefined();
});

test("the ones that were not used for longest make room", async () => {
  const sessions = open({ limits: { ofUser: 2, sessions: 3 } });
  const [first, second] = [await sessions.begin("ann", "first"), await sessions.begin("ann", "first")];
  sessions.use(first, markOf);
  const third = await sessions.begin("ann", "first");
  expect([first, second, third].map((token) => sessions.use(token, markOf)?.principal)).toEqual([
    "ann",
    undefined,
    "ann",
  ]);
  await sessions.begin("bob", "other");
  await sessions.begin("bob", "other");
  expect(sessions.use(first, markOf)).toBeUndefined();
  expect(sessions.use(third, markOf)).toBeDefined();
  expect(table.size).toBe(3);
});

test("a session that cannot be recorded does not begin", async () => {
  const sessions = open();
  broken = new Error("full");
  await expect(sessions.begin("ann", "first")).rejects.toThrow("full");
});

test("a record that cannot be read is dropped", () => {
  table.set("hash", { principal: "ann" } as SessionRecordJson);
  open();
  expect(table.size).toBe(0);
});
