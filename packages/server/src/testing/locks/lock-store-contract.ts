import assert from "node:assert/strict";
import { memberPath, parsePath, type ResourcePath, rootPath } from "@meanwhile/dav";
import type { LockRequest } from "../../locks/lock-store.ts";
import type { ContractCase } from "../contract-case.ts";
import type { LockStoreSubject } from "./lock-store-subject.ts";
import { runLockStory } from "./lock-story.ts";

/** What every `LockStore` promises. Cases that need "reopen" are for stores that keep their locks, those that need "second" for stores that several processes share. */
export const lockStoreContract: readonly ContractCase<LockStoreSubject, "reopen" | "second">[] = [
  story(
    "an exclusive lock stands against any other on its resource (§6.2)",
    `lock /a 0 exclusive by ann → t1
     lock /a 0 exclusive by bob → conflict t1
     lock /a 0 shared by bob → conflict t1
     lock /a infinity shared by bob → conflict t1
     covering /a → t1`,
  ),
  story(
    "an exclusive lock stands against a second one of the same principal too (§6.2)",
    `lock /a 0 exclusive by ann → t1
     lock /a 0 exclusive by ann → conflict t1
     lock /a 0 shared by ann → conflict t1`,
  ),
  story(
    "shared locks stand beside each other, of one principal or of several (§6.2)",
    `lock /a 0 shared by ann → t1
     lock /a infinity shared by bob → t2
     lock /a 0 shared by ann → t3
     lock /a 0 shared by nobody → t4
     covering /a → t1 t2 t3 t4
     lock /a 0 exclusive by ann → conflict t1 t2 t3 t4`,
  ),
  story(
    "a lock of depth infinity covers all members, a lock of depth 0 none (§6.1, §7.4)",
    `lock /a infinity exclusive by ann → t1
     lock /b 0 exclusive by ann → t2
     covering /a → t1
     covering /a/x → t1
     covering /a/x/y → t1
     covering /b → t2
     covering /b/x → none
     covering / → none`,
  ),
  story(
    "a lock reaches no sibling whose name begins with the name of its root",
    `lock /a infinity exclusive by ann → t1
     covering /ab → none
     covering /a%20 → none
     lock /ab infinity exclusive by bob → t2
     within /a → t1
     remove-within /a
     covering /ab/c → t2`,
  ),
  story(
    "an inherited lock stands against locks on members (§6.2, §7.4)",
    `lock /a infinity exclusive by ann → t1
     lock /a/b 0 exclusive by bob → conflict t1
     lock /a/b/c infinity shared by bob → conflict t1
     lock /b infinity shared by ann → t2
     lock /b/c 0 shared by bob → t3
     lock /b/c/d 0 exclusive by bob → conflict t2
     covering /b/c → t2 t3`,
  ),
  story(
    "locks on members stand against a lock of depth infinity, not against one of depth 0 (§7.4, §9.10.3)",
    `lock /a/b 0 exclusive by ann → t1
     lock /a/c/d 0 shared by ann → t2
     lock /a infinity exclusive by bob → conflict t1 t2
     lock /a infinity shared by bob → conflict t1
     lock / infinity exclusive by bob → conflict t1 t2
     lock /a 0 exclusive by bob → t3
     within / → t1 t2 t3`,
  ),
  story(
    "a lock of depth infinity on the root covers everything",
    `lock / infinity shared by ann → t1
     covering / → t1
     covering /a/b/c → t1
     lock /a 0 exclusive by bob → conflict t1
     lock /a 0 shared by bob → t2
     within / → t1 t2`,
  ),
  story(
    "a conflict names each lock once, from above, at the root and below",
    `lock /a infinity shared by ann → t1
     lock /a/b infinity shared by ann → t2
     lock /a/b/c 0 shared by ann → t3
     lock /a/d 0 shared by ann → t4
     lock /a/b infinity exclusive by bob → conflict t1 t2 t3`,
  ),
  story(
    "a refused lock leaves nothing behind",
    `lock /a/b 0 exclusive by ann → t1
     lock /a infinity exclusive by bob → conflict t1
     covering /a/c → none
     remove t1 → yes
     lock /a infinity exclusive by bob → t2`,
  ),
  story(
    "a removed lock covers nothing, and cannot be removed twice (§9.11)",
    `lock /a infinity exclusive by ann → t1
     remove t1 → yes
     remove t1 → no
     refresh t1 for 60s → gone
     covering /a/b → none
     within / → none
     lock /a infinity exclusive by bob → t2`,
  ),
  story(
    "removing one of several locks leaves the others",
    `lock /a infinity shared by ann → t1
     lock /a infinity shared by bob → t2
     lock /a/b/c 0 shared by bob → t3
     remove t1 → yes
     covering /a/b/c → t2 t3
     remove t2 → yes
     covering /a/b/c → t3
     within /a → t3`,
  ),
  story(
    "within finds locks rooted at the resource and anywhere below, of any depth",
    `lock /a 0 shared by ann → t1
     lock /a/b infinity shared by ann → t2
     lock /a/b/c/d 0 exclusive by ann → conflict t2
     lock /x/c/d 0 exclusive by ann → t3
     lock / 0 shared by ann → t4
     within /a → t1 t2
     within /a/b/c → none
     within /x → t3
     within /x/c/d → t3
     within / → t1 t2 t3 t4`,
  ),
  story(
    "locks rooted at or below a deleted resource go with it, others stay (§6.1, §7.6)",
    `lock / 0 shared by ann → t1
     lock /a 0 exclusive by ann → t2
     lock /a/b/c 0 exclusive by bob → t3
     lock /b infinity exclusive by bob → t4
     remove-within /a
     within / → t1 t4
     covering /a/b/c → none
     remove t2 → no
     remove t3 → no
     lock /a infinity exclusive by bob → t5`,
  ),
  story(
    "removing what is below a resource does not touch the lock that it inherits",
    `lock /a infinity exclusive by ann → t1
     remove-within /a/b
     covering /a/b → t1`,
  ),
  story(
    "a lock ends at the very moment that its timeout says (§6.6, §10.7)",
    `lock /a infinity exclusive by ann for 10s → t1
     advance 9s
     covering /a/b → t1
     lock /a 0 exclusive by bob → conflict t1
     advance 1s
     covering /a/b → none
     within /a → none
     remove t1 → no
     refresh t1 for 10s → gone
     lock /a 0 exclusive by bob → t2`,
  ),
  story(
    "an expired lock stands against no other, though nothing looked for it",
    `lock /a/b 0 exclusive by ann for 10s → t1
     lock /a/c infinity shared by ann for 20s → t2
     advance 15s
     lock /a infinity exclusive by bob → conflict t2
     lock /a infinity shared by bob → t3
     within / → t2 t3`,
  ),
  story(
    "a refresh restarts the timeout, to a longer or a shorter one (§9.10.2)",
    `lock /a 0 exclusive by ann for 10s → t1
     advance 9s
     refresh t1 for 10s → granted
     advance 9s
     covering /a → t1
     refresh t1 for 100s → granted
     advance 99s
     covering /a → t1
     refresh t1 for 1s → granted
     advance 1s
     covering /a → none`,
  ),
  story(
    "many locks with many timeouts each end in their turn",
    `lock /1 0 exclusive by ann for 30s → t1
     lock /2 0 exclusive by ann for 10s → t2
     lock /3 0 exclusive by ann for 20s → t3
     lock /4 0 exclusive by ann for 5s → t4
     lock /5 0 exclusive by ann for 25s → t5
     refresh t4 for 28s → granted
     refresh t1 for 7s → granted
     advance 6s
     within / → t1 t2 t3 t4 t5
     advance 1s
     within / → t2 t3 t4 t5
     advance 3s
     within / → t3 t4 t5
     advance 15s
     within / → t4
     advance 3s
     within / → none`,
  ),
  {
    name: "a granted lock says what was asked for and when it ends, and every answer says the same",
    run: async ({ store, advance }) => {
      const owner = '<D:owner xmlns:D="DAV:" xml:lang="en">Ann &amp; \u{1F512}</D:owner>';
      const wish: LockRequest = { ...request("/a b"), owner, principal: "ann", timeoutSeconds: 30 };
      const { token, expiresAtMs, ...rest } = await granted(store.create(wish));
      assert.deepEqual(rest, wish);
      assert.match(token, /^[a-z][a-z0-9+.-]*:\S+$/, "a lock token is an absolute URI (§6.5)");
      const lock = { ...rest, token, expiresAtMs };
      assert.deepEqual(await store.covering(wish.root), [lock]);
      assert.deepEqual(await store.within(rootPath), [lock]);
      advance(10);
      const refreshed = await store.refresh(token, 60);
      assert.deepEqual(refreshed, { ...lock, timeoutSeconds: 60, expiresAtMs: expiresAtMs + 40_000 });
      assert.deepEqual(await store.covering(wish.root), [refreshed]);
    },
  },
  {
    name: "every lock has a token of its own, that is never given again (§6.5)",
    run: async ({ store, advance }) => {
      const tokens = new Set<string>();
      for (let round = 0; round < 20; round += 1) {
        const { token } = await granted(store.create(request("/a")));
        tokens.add(token);
        if (round % 2 === 0) await store.remove(token);
        else advance(1000);
      }
      assert.equal(tokens.size, 20);
    },
  },
  {
    name: "of conflicting locks that are asked for at once, exactly one is granted",
    run: async ({ store }) => {
      const wishes = Array.from({ length: 20 }, (_, index) =>
        request(index % 2 === 0 ? "/a" : `/a/${index}`),
      );
      const results = await Promise.all(
        wishes.map(async (wish) => store.create({ ...wish, depth: "infinity" })),
      );
      const roots = results.flatMap((result) => (result.kind === "granted" ? [result.lock.root] : []));
      const atTop = roots.filter((root) => root === "/a").length;
      // Either the collection, or any number of its members.
      assert(
        atTop === 1 ? roots.length === 1 : atTop === 0 && roots.length > 0,
        `granted: ${roots.join(" ")}`,
      );
      assert.equal((await store.within(parsePath("/a"))).length, roots.length);
    },
  },
  {
    name: "names are told apart exactly: case, Unicode normalization, names of object members",
    run: async ({ store }) => {
      const names = ["a", "A", "\u00e9", "e\u0301", "__proto__", "constructor", " ", "%", "\n", "..."];
      const roots = names.map((name) => memberPath(rootPath, name));
      for (const root of roots) await granted(store.create({ ...request("/"), root }));
      for (const root of roots) {
        assert.deepEqual(
          (await store.covering(root)).map((lock) => lock.root),
          [root],
        );
        assert.deepEqual((await store.covering(memberPath(root, "__proto__"))).length, 0);
        await store.removeWithin(root);
        assert.deepEqual(await store.covering(root), []);
      }
    },
  },
  {
    name: "a lock on a very deep resource is found from everywhere on its path",
    run: async ({ store }) => {
      let deep: ResourcePath = rootPath;
      for (let level = 0; level < 2000; level += 1) deep = memberPath(deep, "d");
      await granted(store.create({ ...request("/"), root: deep }));
      assert.equal((await store.within(parsePath("/d/d/d"))).length, 1);
      assert.equal((await store.covering(deep)).length, 1);
      assert.equal((await store.covering(parsePath("/d/d"))).length, 0);
      await store.removeWithin(parsePath("/d"));
      assert.deepEqual(await store.within(rootPath), []);
    },
  },
  {
    name: "a lock that was seen to be over stays over when the clock goes back",
    run: async ({ store, advance }) => {
      const { token } = await granted(store.create({ ...request("/a"), timeoutSeconds: 10 }));
      advance(10);
      assert.deepEqual(await store.covering(parsePath("/a")), []);
      advance(-5);
      assert.deepEqual(await store.covering(parsePath("/a")), []);
      assert.equal(await store.refresh(token, 10), undefined);
    },
  },
  {
    name: "when the clock goes back far, a lock lives on for its timeout, not for the years that the clock was off",
    run: async ({ store, advance }) => {
      const { expiresAtMs } = await granted(store.create({ ...request("/a"), timeoutSeconds: 10 }));
      advance(-1_000_000);
      const [lock] = await store.covering(parsePath("/a"));
      assert.equal(lock?.expiresAtMs, expiresAtMs - 1_000_000_000);
      advance(9);
      assert.equal((await store.within(rootPath)).length, 1);
      advance(1);
      assert.deepEqual(await store.within(rootPath), []);
    },
  },
  shared(
    "a lock that is taken in one process stands in another, and ends there at the same moment",
    `lock /a infinity exclusive by ann for 10s → t1
     second: covering /a/b → t1
     second: lock /a/b 0 exclusive by bob → conflict t1
     advance 9s
     second: within / → t1
     advance 1s
     second: covering /a/b → none
     covering /a/b → none
     second: lock /a/b 0 exclusive by bob → t2
     lock /a infinity exclusive by ann → conflict t2`,
  ),
  shared(
    "a lock is refreshed and removed in another process than the one that it was taken in",
    `lock /a infinity exclusive by ann for 10s → t1
     lock /b 0 shared by ann → t2
     second: refresh t1 for 100s → granted
     advance 50s
     covering /a → t1
     second: remove t1 → yes
     covering /a → none
     remove t1 → no
     second: remove-within /b
     within / → none`,
  ),
  {
    name: "of conflicting locks that are asked for at once in two processes, exactly one is granted",
    needs: "second",
    run: async ({ store, second }) => {
      assert.ok(second);
      const results = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          (index % 2 === 0 ? store : second).create(request("/a")),
        ),
      );
      assert.equal(results.filter(({ kind }) => kind === "granted").length, 1);
      assert.equal(await store.now(), await second.now(), "one clock");
    },
  },
  reopened(
    "locks survive a restart, with all that they say",
    `lock /a infinity exclusive by ann for 50s → t1
     lock /b 0 shared by bob → t2
     lock /b 0 shared by nobody → t3
     reopen
     covering /a/x → t1
     covering /b → t2 t3
     lock /a/x 0 shared by bob → conflict t1
     remove t2 → yes
     refresh t1 for 200s → granted
     reopen
     advance 150s
     within / → t1`,
  ),
  reopened(
    "what was removed does not come back with a restart",
    `lock /a infinity exclusive by ann → t1
     lock /b 0 exclusive by ann → t2
     lock /b/c 0 exclusive by ann → t3
     lock /d 0 exclusive by ann for 10s → t4
     remove t1 → yes
     remove-within /b
     advance 10s
     covering /d → none
     reopen
     within / → none`,
  ),
  reopened(
    "time goes on while the store is closed, and an expired lock is not opened again",
    `lock /a infinity exclusive by ann for 10s → t1
     lock /b infinity exclusive by ann for 30s → t2
     advance 10s
     reopen
     within / → t2
     lock /a 0 exclusive by bob → t3`,
  ),
  {
    name: "the owner, the principal and the end of a lock are the same after a restart",
    needs: "reopen",
    run: async ({ store, reopen }) => {
      const owner = "<owner>\u{1F512} \u0085\r\n\ud800</owner>";
      const first = await granted(store.create({ ...request("/a%0A%C3%A9"), owner, principal: "a\u0000nn" }));
      const second = await granted(
        store.create({ ...request("/b"), owner: undefined, principal: undefined }),
      );
      const opened = await reopen?.();
      assert.deepEqual(await opened?.covering(first.root), [first]);
      assert.deepEqual(await opened?.covering(second.root), [second]);
    },
  },
];

function story(name: string, text: string): ContractCase<LockStoreSubject, never> {
  return { name, run: (subject) => runLockStory(subject, text) };
}

function shared(name: string, text: string): ContractCase<LockStoreSubject, "second"> {
  return { ...story(name, text), needs: "second" };
}

function reopened(name: string, text: string): ContractCase<LockStoreSubject, "reopen"> {
  return { ...story(name, text), needs: "reopen" };
}

/** An exclusive lock of depth 0 by nobody, without an owner. */
function request(path: string): LockRequest {
  return {
    root: parsePath(path),
    scope: "exclusive",
    depth: "0",
    owner: undefined,
    principal: undefined,
    timeoutSeconds: 100,
  };
}

async function granted(result: ReturnType<LockStoreSubject["store"]["create"]>) {
  const awaited = await result;
  assert(awaited.kind === "granted", `not granted: ${awaited.kind}`);
  return awaited.lock;
}
