import { expect, onTestFinished, test } from "vitest";
import type { Journal } from "../journal/journal.ts";
import type { OperationNews, SharedJournal } from "../journal/shared-journal.ts";
import type { Operation } from "../operation/operation.ts";
import { endedEntry, journalEntry, startMs } from "../testing/journal-entry.ts";
import { ManualClock } from "../testing/shared/manual-clock.ts";
import { SharedMemory } from "../testing/shared/shared-memory.ts";
import { RemoteOperation } from "./remote-operation.ts";
import { pollMs, RemoteOperations } from "./remote-operations.ts";

interface Looking {
  readonly clock: ManualClock;
  /** The journal of the process that runs the operations. */
  readonly owner: Journal & { readonly shared: SharedJournal };
  readonly remotes: RemoteOperations;
  /** What was told of operations, each with the id. */
  readonly warnings: readonly string[];
}

/** A process that looks at operations of another one, through a journal of which some calls are replaced. */
function looking(replaced: { journal?: Partial<Journal>; shared?: Partial<SharedJournal> } = {}): Looking {
  const clock = new ManualClock(startMs);
  const store = new SharedMemory(clock);
  const [owner, journal] = [store.open(), store.open()];
  const warnings: string[] = [];
  const remotes = new RemoteOperations({
    journal: { ...journal, ...replaced.journal },
    shared: { ...journal.shared, ...replaced.shared },
    after: clock.after,
    warn: (message, { id }) => warnings.push(`${id}: ${message}`),
  });
  onTestFinished(() => remotes.close());
  return { clock, owner, remotes, warnings };
}

async function one({ owner, remotes }: Looking, id = "a"): Promise<Operation> {
  const entry = journalEntry(id);
  await owner.put(entry);
  const [operation] = await remotes.of([entry]);
  if (operation === undefined) return expect.unreachable("each entry has its operation");
  return operation;
}

/** News of "a" with two members that failed and one that did not. */
function newsOf(version: number, done: number): OperationNews {
  return {
    id: "a",
    version,
    state: "running",
    progress: { done, total: 9, remark: undefined, bytes: undefined },
    results: {
      latest: 3,
      failures: 2,
      recent: [
        { status: 423, uri: "/a/1", number: 1 },
        { status: 201, uri: "/a/2", number: 2 },
        { status: 507, uri: "/a/3", number: 3 },
      ],
    },
  };
}

test("an operation that cannot be read keeps nobody from the others", async () => {
  const watched = looking({
    journal: {
      get: async (id) => {
        if (id === "unreadable") throw new Error("damaged");
        return endedEntry(id, startMs);
      },
    },
  });
  const { clock, owner, warnings } = watched;
  const statuses: number[] = [];
  for (const id of ["unreadable", "readable"]) {
    void (await one(watched, id)).ended.then(({ status }) => statuses.push(status));
    await owner.put(endedEntry(id, startMs));
  }
  await clock.advance(2 * pollMs);
  expect(statuses).toEqual([201]);
  expect(warnings).toContain("unreadable: an operation of another process could not be read: Error: damaged");
});

test("news that cannot be read are told of, and asked for again", async () => {
  let isBroken = true;
  const broken = looking({
    shared: { news: async () => (isBroken ? Promise.reject(new Error("no connection")) : []) },
  });
  isBroken = false;
  const operation = await one(broken);
  isBroken = true;
  const { clock, owner, warnings } = broken;
  let status: number | undefined;
  void operation.ended.then((outcome) => {
    status = outcome.status;
  });
  await clock.advance(pollMs);
  expect(warnings[0]).toBe("a: an operation of another process could not be read: Error: no connection");
  isBroken = false;
  await owner.put(endedEntry("a", startMs));
  await clock.advance(pollMs);
  expect(status).toBe(201);
});

test("where the journal drops it while somebody waits, they are told that nothing is known of its end", async () => {
  const watched = looking();
  const { clock, owner } = watched;
  const operation = await one(watched);
  let status: number | undefined;
  void operation.ended.then((outcome) => {
    status = outcome.status;
  });
  await owner.put(endedEntry("a", startMs));
  await owner.remove("a");
  await clock.advance(pollMs);
  expect({ status, state: operation.state, target: operation.target }).toEqual({
    status: 500,
    state: "interrupted",
    target: "https://example.org/a",
  });
  expect(operation.cancel()).toBe(false);
  let calls = 0;
  operation.subscribe(() => {
    calls += 1;
  });
  await clock.advance(pollMs);
  expect(calls).toBe(0);
});

test("what cannot be asked to stop is told of while somebody waits", async () => {
  const refusing = looking({ shared: { requestCancel: () => Promise.reject(new Error("no connection")) } });
  const operation = await one(refusing);
  operation.subscribe(() => undefined);
  expect(operation.cancel()).toBe(true);
  expect(operation.state).toBe("cancelling");
  await refusing.clock.advance(pollMs);
  expect(refusing.warnings).toEqual(["a: it could not be asked to stop: Error: no connection"]);
});

test("of news, the newest count; a listener that fails keeps nobody from them", async () => {
  let told = newsOf(2, 5);
  const watched = looking({ shared: { news: async () => [told] } });
  const operation = await one(watched);
  const seen: number[] = [];
  operation.subscribe(() => {
    throw new Error("broken");
  });
  operation.subscribe(() => seen.push(operation.progress.done));
  told = newsOf(3, 6);
  await watched.clock.advance(pollMs);
  told = newsOf(1, 1);
  await watched.clock.advance(pollMs);
  expect(seen).toEqual([6]);
  expect(operation.version).toBe(3);
  expect(watched.warnings).toEqual(["a: a listener failed: Error: broken"]);
});

test("results of members are told with the failures first, the newest of them before the others", async () => {
  const operation = await one(looking({ shared: { news: async () => [newsOf(1, 3)] } }));
  expect(operation.results.since(0)).toEqual([
    { status: 507, uri: "/a/3" },
    { status: 423, uri: "/a/1" },
    { status: 201, uri: "/a/2" },
  ]);
  expect(operation.results.failed().map(({ uri }) => uri)).toEqual(["/a/1", "/a/3"]);
});

test("an operation of another process has all that its entry says, and its end once that is known", async () => {
  const watched = looking();
  const { clock, owner, remotes } = watched;
  const key = { name: "key", fingerprint: "f", chosen: true };
  const entry = journalEntry("a", {
    destination: "https://example.org/b",
    key,
    failed: [{ status: 423, uri: "/a/1" }],
    failures: 1,
  });
  await owner.put(entry);
  const [operation] = await remotes.of([entry]);
  expect(operation).toMatchObject({
    ...{ id: "a", kind: "COPY", target: entry.target, destination: entry.destination, principal: "ann", key },
    ...{ hidden: false, startedAtMs: startMs, endedAtMs: undefined, state: "running", outcome: undefined },
  });
  expect(operation?.results.failed()).toEqual(entry.failed);
  const heard: string[] = [];
  const stop = operation?.subscribe(() => heard.push("one who leaves"));
  operation?.subscribe(() => heard.push("one who stays"));
  stop?.();
  await owner.put(endedEntry("a", startMs + 5, "done", { key }));
  await clock.advance(pollMs);
  expect(heard).toEqual(["one who stays"]);
  expect(operation).toMatchObject({ state: "finished", endedAtMs: startMs + 5 });
  expect(await operation?.ended).toMatchObject({ content: "done" });
  expect(remotes.size).toBe(0);
});

test("neither news that were read before the end undo it, nor a second end", async () => {
  const operation = new RemoteOperation(
    journalEntry("a", { failed: [{ status: 423, uri: "/a/1" }], failures: 1 }),
    undefined,
    {
      ...{ watch: () => undefined, requestCancel: () => undefined, warn: () => undefined },
    },
  );
  expect(operation.results.since(0)).toEqual([{ status: 423, uri: "/a/1" }]);
  operation.end(endedEntry("a", startMs));
  operation.take(newsOf(9, 9));
  operation.end(undefined);
  expect((await operation.ended).status).toBe(201);
  expect([operation.state, operation.progress.done]).toEqual(["finished", 0]);
});
