/** The events of one operation, and of a list of them. */
import type { After, JournalEntry, MemberResult, Operation, Operations } from "@meanwhile/operations";
import { type StatusDocument, type StatusList, statusDocument } from "../document.ts";
import { entityTag } from "../entity-tag.ts";
import type { EventSource, ServerEvent } from "./event-stream.ts";

/** The id of an operation's last event: who comes back with it has seen all there is. */
export const outcomeEventId = "end";

/** How often to look at what cannot tell of its changes, in milliseconds. */
const lookMs = 1_000;

/** Most results of members in one event. The latest are told, failures before successes. */
export const resultsPerEvent: number = 100;

/** What is told of members: the `data` of `result` events. */
export interface StatusResults {
  readonly version: 1;
  readonly results: readonly MemberResult[];
}

/**
 * `progress` (a status document without `failed`), `result` (what became of members since the last one) while it
 * runs; `outcome` (the whole status document) at its end, which is never left out.
 *
 * An id says up to which result its client was told.
 *
 * @param lastEventId of a client that comes back
 */
export function operationEvents(
  found: Operation | JournalEntry,
  href: string,
  lastEventId: string | undefined,
  operations: Pick<Operations, "find" | "after">,
): EventSource {
  let told = parseEventId(lastEventId);
  let version = -1;
  const outcome = (ended: Operation | JournalEntry): ServerEvent => ({
    event: "outcome",
    id: outcomeEventId,
    data: statusDocument(ended, href),
  });
  const results = (operation: Operation): readonly ServerEvent[] => {
    const { latest } = operation.results;
    // After a restart results are counted anew: what was told then says nothing now.
    if (told > latest) told = 0;
    const fresh = operation.results.since(told).slice(0, resultsPerEvent);
    told = latest;
    const data: StatusResults = { version: 1, results: fresh };
    return fresh.length === 0 ? [] : [{ event: "result", id: eventId(operation), data }];
  };
  const progress = (operation: Operation | JournalEntry): readonly ServerEvent[] => {
    if (operation.version === version) return [];
    version = operation.version;
    const data: StatusDocument = statusDocument(operation, href, { failed: false });
    return [{ event: "progress", id: eventId(operation), data }];
  };
  const eventId = (operation: Operation | JournalEntry): string => `${told}.${operation.version}`;

  return {
    async next() {
      const operation = "ended" in found ? found : await operations.find(found.id);
      if (!operation) return { events: [], last: true };
      if (!("ended" in operation)) {
        return operation.outcome
          ? { events: [outcome(operation)], last: true }
          : { events: progress(operation), last: false };
      }
      const told = results(operation);
      if (!operation.outcome) return { events: [...told, ...progress(operation)], last: false };
      // It counts once it is recorded.
      await operation.ended;
      return { events: [...told, outcome(operation)], last: true };
    },
    watch(wake) {
      if (!("ended" in found)) return found.outcome ? () => undefined : poll(operations.after, wake);
      return found.subscribe(() => wake(found.outcome ? "now" : "soon"));
    },
  };
}

/** `operations` (the list) at first and whenever it is another. */
export function listEvents(
  list: () => Promise<StatusList>,
  lastEventId: string | undefined,
  after: After,
): EventSource {
  let told = lastEventId;
  return {
    async next() {
      const data = await list();
      const id = entityTag(JSON.stringify(data)).slice(1, -1);
      if (id === told) return { events: [], last: false };
      told = id;
      return { events: [{ event: "operations", id, data }], last: false };
    },
    watch: (wake) => poll(after, wake),
  };
}

function parseEventId(id: string | undefined): number {
  return Number(/^(\d{1,15})\.\d{1,15}$/.exec(id ?? "")?.[1] ?? 0);
}

function poll(after: After, wake: (urgency: "soon") => void): () => void {
  let cancel = after(lookMs, look);
  function look(): void {
    cancel = after(lookMs, look);
    wake("soon");
  }
  return () => cancel();
}
