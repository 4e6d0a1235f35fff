import { expect, onTestFinished, test } from "vitest";
import { OperationLostError, type SharedJournal } from "../journal/shared-journal.ts";
import { journalEntry, startMs } from "../testing/journal-entry.ts";
import { ManualClock } from "../testing/shared/manual-clock.ts";
import { SharedMemory } from "../testing/shared/shared-memory.ts";
import { RemoteOperation } from "./remote-operation.ts";
import { Sharing, type SharingOptions } from "./sharing.ts";

interface Shared {
  readonly clock: ManualClock;
  readonly sharing: Sharing;
  readonly leaseMs: number;
  readonly warnings: readonly string[];
  readonly losses: () => number;
  readonly renewals: () => number;
}

/** A process whose shared journal has some calls replaced. */
function shared(replaced: Partial<SharedJournal>, more: Partial<SharingOptions> = {}): Shared {
  const clock = new ManualClock(startMs);
  const journal = new SharedMemory(clock).open();
  const warnings: string[] = [];
  let losses = 0;
  let renewals = 0;
  const { renew = journal.shared.renew } = replaced;
  const sharing = new Sharing({
    ...{ journal, after: clock.after, steady: clock.now, running: new Map() },
    shared: {
      ...journal.shared,
      ...replaced,
      renew: () => {
        renewals += 1;
        return renew();
      },
    },
    takeUp: async () => undefined,
    lost: () => {
      losses += 1;
    },
    warn: (message, operation) => warnings.push(operation ? `${operation.id}: ${message}` : message),
    ...more,
  });
  onTestFinished(() => sharing.close());
  const { leaseMs } = journal.shared;
  return { clock, sharing, leaseMs, warnings, losses: () => losses, renewals: () => renewals };
}

const unreachable = (): Promise<never> => Promise.reject(new Error("no connection"));

/** An operation, of which only its id matters. */
const operation = new RemoteOperation(journalEntry("a"), undefined, {
  watch: () => undefined,
  requestCancel: () => undefined,
  warn: () => undefined,
});

test("what cannot be taken up is told as that, and the lease is renewed", async () => {
  const { clock, leaseMs, renewals, losses, warnings } = shared(
    {},
    { takeUp: () => Promise.reject(new Error("damaged")) },
  );
  await clock.advance(leaseMs);
  expect(renewals()).toBeGreaterThan(1);
  expect(losses()).toBe(0);
  expect(new Set(warnings)).toEqual(
    new Set(["what other processes left could not be taken up: Error: damaged"]),
  );
});

test("whether it is to stop operations cannot be read: that is told, and what is left is taken up", async () => {
  let taken = 0;
  const { clock, leaseMs, warnings } = shared(
    { cancelRequests: unreachable },
    {
      takeUp: async () => {
        taken += 1;
      },
    },
  );
  await clock.advance(leaseMs / 3);
  expect(taken).toBe(1);
  expect(warnings).toEqual([
    "whether somebody asked to stop operations could not be read: Error: no connection",
  ]);
});

test("a lease that cannot be renewed is lost at its end, once", async () => {
  const { clock, leaseMs, losses, warnings } = shared({ renew: unreachable });
  await clock.advance(leaseMs - 1);
  expect(losses()).toBe(0);
  expect(warnings).toContain("the lease in the journal could not be renewed: Error: no connection");
  await clock.advance(2 * leaseMs);
  expect(losses()).toBe(1);
});

test("a journal that says that the lease is over ends it at once", async () => {
  const { clock, leaseMs, losses, sharing, warnings } = shared({
    renew: () => Promise.reject(new OperationLostError()),
  });
  await clock.advance(leaseMs / 3);
  expect(losses()).toBe(1);
  sharing.lose();
  await clock.advance(leaseMs);
  expect(losses()).toBe(1);
  expect(warnings).toEqual([]);
});

test("who waits cannot be told: that is said, but not after the end", async () => {
  const { clock, sharing, warnings } = shared({ attend: unreachable });
  sharing.attend(operation, true);
  await clock.advance(0);
  expect(warnings).toEqual(["a: who waits could not be told to other processes: Error: no connection"]);
  sharing.attend(operation, false);
  sharing.close();
  await clock.advance(0);
  expect(warnings.length).toBe(1);
});

test("after the end, what runs elsewhere is told as the journal has it", async () => {
  const { sharing } = shared({});
  sharing.close();
  const entries = [journalEntry("a")];
  expect(await sharing.of(entries)).toBe(entries);
});
