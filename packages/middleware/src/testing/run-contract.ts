/** Runs the contract of adapters as vitest's tests. */
import { describe, test } from "vitest";
import { adapterContract } from "./adapter-contract.ts";
import type { AdapterSubject } from "./adapter-subject.ts";

export function testContract(subject: AdapterSubject): void {
  for (const protocol of subject.protocols) {
    describe(`${subject.name}, ${protocol}`, () => {
      for (const { name, protocols, waits, run } of adapterContract) {
        if (protocols && !protocols.includes(protocol)) continue;
        (waits ? test.concurrent : test)(name, () => run(subject, protocol));
      }
    });
  }
}
