import { expect, onTestFinished, test } from "vitest";
import { createMemoryLockStore } from "../testing/memory/memory-lock-store.ts";
import { plantLock, submit } from "../testing/own/lock-fixture.ts";
import { serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";
import type { LockStore } from "./lock-store.ts";

const full = new Error("no space left on device");

/** Locks that can be made, and not removed, as on a full disk. */
function stuckLocks(): LockStore {
  const store = createMemoryLockStore({ clock: Date.now });
  const fail = () => Promise.reject(full);
  return Object.assign(Object.create(store) as LockStore, {
    covering: store.covering.bind(store),
    within: store.within.bind(store),
    create: store.create.bind(store),
    now: store.now.bind(store),
    remove: fail,
    removeWithin: fail,
  });
}

test.each([
  ["DELETE", "/a", {}, 204],
  ["MOVE", "/a", { Destination: "/new" }, 201],
  ["MOVE", "/a", { Destination: "/b" }, 204],
  ["COPY", "/a", { Destination: "/b" }, 204],
])("%s %s %j succeeds where locks that end with it stay recorded, and the log says so", async (...of) => {
  const [method, target, fields, status] = of;
  const server = await serve({ locks: stuckLocks() });
  onTestFinished(() => server.close());
  await plant(server.tree, "/a/", "/a/x", "/b/", "/b/x");
  const [a, b] = [await plantLock(server.locks, "/a/x"), await plantLock(server.locks, "/b/x")];
  const submitted = submit({ "/a/x": a.token, "/b/x": b.token });
  const answer = await server.ask(method, target, { ...fields, ...submitted });
  await server.logged(1);
  expect([answer.status, server.log[0]?.error]).toEqual([status, full]);
});
