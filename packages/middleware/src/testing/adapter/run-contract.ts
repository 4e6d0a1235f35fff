/** Runs the contract of adapters as vitest's tests. */
import { describe, test } from "vitest";
import { adapterContract } from "./adapter-contract.ts";
import type { AdapterProtocol, AdapterSubject } from "./adapter-subject.ts";

/**
 * Tests an adapter. Default protocols: the first of its own, and in the soak all of them, for what differs between them
 * is done below the adapters.
 */
export function testContract(
  subject: AdapterSubject,
  protocols: readonly AdapterProtocol[] = process.env["MEANWHILE_SOAK"] === "1"
    ? subject.protocols
    : subject.protocols.slice(0, 1),
): void {
  for (const protocol of protocols) {
    describe(`${subject.name}, ${protocol}`, () => {
      for (const { name, protocols: only, waits, run } of adapterContract) {
        if (only && !only.includes(protocol)) continue;
        (waits ? test.concurrent : test)(name, () => run(subject, protocol));
      }
    });
  }
}
