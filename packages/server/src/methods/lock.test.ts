import { parsePath } from "@meanwhile/dav";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryLockStore } from "../testing/memory/memory-lock-store.ts";
import { lockInfo, lockRoots, plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { memberStatuses, type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { contentOf, plant, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve({ now: () => 1_000_000_000_000, ...options });
  servers.push(server);
  await plant(server.tree, "/doc", "/col/", "/col/member");
  return server;
}

/** The token in a Lock-Token field. */
function tokenIn(answer: { field(name: string): string | undefined }): string {
  return /^<(.+)>$/.exec(answer.field("Lock-Token") ?? "")?.[1] ?? "";
}

test("LOCK of a resource: 200, its token in Lock-Token and in the lock discovery (RFC 4918 §9.10.1)", async () => {
  const { ask, locks } = await open();
  const answer = await ask("LOCK", "/doc", { Timeout: "Second-600" }, lockInfo());
  expect(answer.status).toBe(200);
  const token = tokenIn(answer);
  expect(token).toMatch(/^urn:uuid:/);
  expect(answer.body).toContain(`<D:locktoken><D:href>${token}</D:href></D:locktoken>`);
  expect(answer.body).toContain("<D:lockroot><D:href>/doc</D:href></D:lockroot>");
  expect(answer.body).toContain("<D:depth>infinity</D:depth>");
  expect(answer.body).toContain("<D:timeout>Second-600</D:timeout>");
  expect(answer.body).toContain("Jane Doe");
  const [lock] = await locks.covering(parsePath("/doc"));
  expect(lock).toMatchObject({ token, scope: "exclusive", depth: "infinity", timeoutSeconds: 600 });
});

test("LOCK of an unmapped URL creates an empty document that is locked: 201 (§9.10.4)", async () => {
  const { ask, tree, locks } = await open();
  const answer = await ask("LOCK", "/new", {}, lockInfo());
  expect(answer.status).toBe(201);
  expect(tokenIn(answer)).not.toBe("");
  expect(await contentOf(tree, parsePath("/new"))).toBe("");
  expect(await lockRoots(locks)).toEqual(["/new"]);
});

type Refused = readonly [
  name: string,
  target: string,
  fields: Record<string, string>,
  content: string | undefined,
  status: number,
];
const refused: readonly Refused[] = [
  ["Depth: 1: 400 (§9.10.3)", "/col/", { Depth: "1" }, lockInfo(), 400],
  ["a Timeout that is none: 400 (§10.7)", "/doc", { Timeout: "Second-x" }, lockInfo(), 400],
  ["content that is no XML: 400", "/doc", {}, "lock", 400],
  ["XML that is no lockinfo: 400", "/doc", {}, "<x/>", 400],
  ["neither content nor If: 400", "/doc", {}, undefined, 400],
  ["an unmapped URL without parent: 409 (§9.10.6)", "/none/new", {}, lockInfo(), 409],
  ["an If that does not hold: 412", "/doc", { If: "(<urn:x:1>)" }, lockInfo(), 412],
  ["a refresh with a token of no lock: 412 (§9.10.6)", "/doc", { If: "(<urn:x:1>)" }, undefined, 412],
  ["a refresh of what is not there: 412", "/none", { If: "(Not <urn:x:1>)" }, undefined, 412],
  ["a status document: 403", "/.meanwhile/operations/x", {}, lockInfo(), 403],
  ["a name with control characters: 400", "/new%01", {}, lockInfo(), 400],
];
test.each(refused)(
  "LOCK refused: %s, with no lock and nothing created",
  async (_name, target, fields, content, status) => {
    const { ask, tree, locks } = await open();
    const before = await snapshot(tree, root);
    expect((await ask("LOCK", target, fields, content)).status).toBe(status);
    expect(await snapshot(tree, root)).toEqual(before);
    expect(await lockRoots(locks)).toEqual([]);
  },
);

const timeouts: readonly [wish: string | undefined, granted: number][] = [
  [undefined, 3600],
  ["Second-60", 60],
  ["Second-0", 1],
  ["Second-4100000000", 7200],
  ["Infinite", 7200],
  ["Infinite, Second-60", 7200],
  ["Extend, Second-60", 60],
];
test.each(timeouts)("a wish of %s is granted as %d seconds (§10.7)", async (wish, granted) => {
  const { ask, locks } = await open({ limits: { lockSeconds: 7200 } });
  const answer = await ask("LOCK", "/doc", wish === undefined ? {} : { Timeout: wish }, lockInfo());
  expect(answer.body).toContain(`<D:timeout>Second-${granted}</D:timeout>`);
  expect((await locks.covering(parsePath("/doc")))[0]?.timeoutSeconds).toBe(granted);
});

describe("conflicts (§6.2, §9.10.5)", () => {
  test.each([
    ["exclusive", "exclusive", 423],
    ["exclusive", "shared", 423],
    ["shared", "exclusive", 423],
    ["shared", "shared", 200],
  ] as const)("with %s held, %s asked for: %d", async (held, wanted, status) => {
    const { ask, locks } = await open();
    await plantLock(locks, "/doc", { scope: held, principal: "joe" });
    const answer = await ask("LOCK", "/doc", {}, lockInfo(wanted));
    expect(answer.status).toBe(status);
    if (status === 423) expect(answer.body).toContain("no-conflicting-lock");
    expect(await locks.covering(parsePath("/doc"))).toHaveLength(status === 423 ? 1 : 2);
  });

  test("a lock of an ancestor with depth infinity stands against it; the condition names that root (§16)", async () => {
    const { ask, locks } = await open();
    await plantLock(locks, "/col");
    const answer = await ask("LOCK", "/col/member", {}, lockInfo());
    expect(answer.status).toBe(423);
    expect(answer.body).toContain("<D:href>/col/</D:href>");
  });

  test("a locked member makes a lock of depth infinity a 207: 423 there, 424 here (§9.10.9)", async () => {
    const { ask, locks } = await open();
    await plantLock(locks, "/col/member");
    const answer = await ask("LOCK", "/col/", { Depth: "infinity" }, lockInfo());
    expect(memberStatuses(answer)).toEqual({ "/col/member": 423, "/col/": 424 });
    expect(answer.field("Lock-Token")).toBeUndefined();
    expect(await lockRoots(locks)).toEqual(["/col/member"]);
  });

  test("a locked member does not stand against depth 0", async () => {
    const { ask, locks } = await open();
    await plantLock(locks, "/col/member");
    expect((await ask("LOCK", "/col/", { Depth: "0" }, lockInfo())).status).toBe(200);
  });

  test("of two exclusive LOCKs at once exactly one is granted", async () => {
    const { ask, locks } = await open({ limits: { claimMs: 10_000 } });
    const answers = await Promise.all(["/new", "/new"].map((target) => ask("LOCK", target, {}, lockInfo())));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 423]);
    expect(await lockRoots(locks)).toEqual(["/new"]);
  });
});

test.each(["infinity", "0"] as const)(
  "LOCK of an unmapped URL needs the token of a lock on the parent, depth %s (§7.4)",
  async (depth) => {
    const { ask, locks, tree } = await open();
    const { token } = await plantLock(locks, "/col", { depth, scope: "shared" });
    expect((await ask("LOCK", "/col/new", {}, lockInfo("shared"))).status).toBe(423);
    expect(await tree.lookup(parsePath("/col/new"))).toBeUndefined();
    expect((await ask("LOCK", "/col/new", submit({ "/col/": token }), lockInfo("shared"))).status).toBe(201);
  },
);

test("LOCK beyond the store's limits: 507, and nothing is created", async () => {
  const locks = createMemoryLockStore({ clock: () => 0, limits: { locks: 1 } });
  const { ask, tree } = await open({ locks });
  expect((await ask("LOCK", "/doc", {}, lockInfo())).status).toBe(200);
  expect((await ask("LOCK", "/new", {}, lockInfo())).status).toBe(507);
  expect(await tree.lookup(parsePath("/new"))).toBeUndefined();
});

test("a body beyond the limit: 413", async () => {
  const { ask } = await open({ limits: { xmlBytes: 100 } });
  expect((await ask("LOCK", "/doc", {}, lockInfo())).status).toBe(413);
});

describe("refresh (§9.10.2)", () => {
  test("restarts the lock's timeout: 200 with the discovery, and no Lock-Token", async () => {
    let now = 1_000_000_000_000;
    const { ask, locks } = await open({ now: () => now });
    const { token } = await plantLock(locks, "/col", { principal: "jane" });
    now += 1_800_000;
    // From any resource that the lock covers.
    const fields = { "X-Test-Principal": "jane", If: `(<${token}>)`, Timeout: "Second-600" };
    const answer = await ask("LOCK", "/col/member", fields);
    expect(answer.status).toBe(200);
    expect(answer.field("Lock-Token")).toBeUndefined();
    expect(answer.body).toContain("<D:timeout>Second-600</D:timeout>");
    expect(answer.body).toContain("<D:lockroot><D:href>/col/</D:href></D:lockroot>");
    expect((await locks.covering(parsePath("/col")))[0]?.expiresAtMs).toBe(now + 600_000);
  });

  test.each([
    ["alone", undefined, 200],
    ["of no lock", "<urn:uuid:none>", 412],
    ["that is malformed", "none", 400],
  ])("by a Lock-Token %s, without If", async (_name, value, status) => {
    const { ask, locks } = await open();
    const { token } = await plantLock(locks, "/doc", { principal: "jane" });
    const fields = { "X-Test-Principal": "jane", "Lock-Token": value ?? `<${token}>`, Timeout: "Second-600" };
    const answer = await ask("LOCK", "/doc", fields);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body).toContain("<D:timeout>Second-600</D:timeout>");
  });

  test("of somebody else's lock by its Lock-Token: 403", async () => {
    const { ask, locks } = await open();
    const { token } = await plantLock(locks, "/doc", { principal: "jane" });
    expect(
      (await ask("LOCK", "/doc", { "X-Test-Principal": "joe", "Lock-Token": `<${token}>` })).status,
    ).toBe(403);
  });

  test("of somebody else's lock: 403, and it is not restarted", async () => {
    const { ask, locks } = await open();
    const lock = await plantLock(locks, "/doc", { principal: "jane" });
    for (const who of [{ "X-Test-Principal": "joe" }, {}]) {
      const answer = await ask("LOCK", "/doc", { ...who, If: `(<${lock.token}>)`, Timeout: "Second-60" });
      expect(answer.status).toBe(403);
    }
    expect(await locks.covering(parsePath("/doc"))).toEqual([lock]);
  });

  test("with the token of a lock elsewhere: 412", async () => {
    const { ask, locks } = await open();
    const { token } = await plantLock(locks, "/col");
    expect((await ask("LOCK", "/doc", { If: `</col/> (<${token}>)` })).status).toBe(412);
  });

  test("of a lock that has expired: 412", async () => {
    let now = 1_000_000_000_000;
    const { ask, locks } = await open({ now: () => now });
    const { token } = await plantLock(locks, "/doc");
    now += 3_600_000;
    expect((await ask("LOCK", "/doc", { If: `(<${token}>)` })).status).toBe(412);
  });
});

test.each([
  ["the resource", { "/": "rw", "/doc": "r" }, "/doc"],
  ["the parent, for an unmapped URL", { "/": "rw", "/col": "r", "/col/new": "rw" }, "/col/new"],
] as const)("LOCK without the right to write %s is refused with 403", async (_name, rules, target) => {
  const { ask, locks, tree } = await open({ access: rights(rules) });
  expect((await ask("LOCK", target, {}, lockInfo())).status).toBe(403);
  expect(await lockRoots(locks)).toEqual([]);
  expect(await tree.lookup(parsePath("/col/new"))).toBeUndefined();
});
