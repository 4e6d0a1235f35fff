import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openEnvironment } from "./environment.ts";
import { StateTable } from "./state-table.ts";
import type { Key } from "./tables.ts";
import { View } from "./view.ts";

const names = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "a", "b", "\u{1f600}", "\uffff"),
);
const keys: fc.Arbitrary<Key> = fc.oneof(
  names,
  fc.integer({ min: 0, max: 300 }),
  fc.tuple(fc.integer({ min: 0, max: 3 }), names),
);
const changes = fc.array(fc.tuple(keys, fc.option(fc.nat(9), { nil: undefined })), { maxLength: 20 });

test("what is ahead of the database is seen as if it were in it, in the database's order", async () => {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-table-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const environment = openEnvironment(join(place, "state.mdb"));
  onTestFinished(() => environment.close());
  let tables = 0;
  fc.assert(
    fc.property(
      changes,
      changes,
      fc.record(
        { start: keys, end: keys, exclusiveStart: fc.boolean(), limit: fc.nat(5) },
        { requiredKeys: [] },
      ),
      (kept, ahead, range) => {
        tables += 1;
        const [mixed, whole] = [`mixed ${tables % 10}`, `whole ${tables % 10}`];
        for (const name of [mixed, whole]) environment.table(name, "json").clearSync();
        const batch = (name: string, of: typeof kept) => ({
          name,
          encoding: "json" as const,
          changes: of.map(([key, value]) =>
            value === undefined ? ([key] as const) : ([key, value] as const),
          ),
        });
        environment.write([batch(mixed, kept), batch(whole, kept), batch(whole, ahead)]);
        environment.renew();
        const view = new View();
        view.take([batch(mixed, ahead)]);
        const part = {};
        const table = new StateTable({ name: mixed, encoding: "json", part, view, environment });
        const expected = new StateTable({
          name: whole,
          encoding: "json",
          part,
          view: new View(),
          environment,
        });
        expect([...table.range(range)]).toEqual([...expected.range(range)]);
        for (const [key] of [...kept, ...ahead]) {
          expect(table.get(key)).toBe(expected.get(key));
          expect(table.has(key)).toBe(expected.has(key));
        }
      },
    ),
    { numRuns: 100 },
  );
});
