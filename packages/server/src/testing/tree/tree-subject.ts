import assert from "node:assert/strict";
import type { ResourcePath } from "@meanwhile/dav";
import type { Awaitable, Tree } from "../../store.ts";
import type { ContractCase } from "../contract-case.ts";

/** What not every tree can do. What is absent or undefined is left out of the contract. */
export interface TreeCapabilities {
  /** Names that differ only in case name different resources. */
  readonly caseSensitive?: true | undefined;
  /** Names that differ only in Unicode normalization (NFC, NFD) name different resources. */
  readonly normalizationSensitive?: true | undefined;
  /** A name may have any character in it but "/" and NUL, as POSIX has it. */
  readonly anyCharacter?: true | undefined;
  /** Another spelling of a name, by which the tree finds the same resource. */
  readonly respell?: ((name: string) => string) | undefined;
  /** The longest name in bytes of UTF-8; a longer one fails with "name-too-long". */
  readonly nameBytes?: number | undefined;
  /** The most bytes that one resource's dead properties may have together; more fail with "too-large". */
  readonly propertyBytes?: number | undefined;
  /** Makes the content of a document unreadable from now on: "denied". */
  readonly unreadable?: ((path: ResourcePath) => Awaitable<void>) | undefined;
  /** Keeps the content of a document from being written from now on: "denied". */
  readonly unwritable?: ((path: ResourcePath) => Awaitable<void>) | undefined;
  /** Keeps a document from being removed from now on: "denied". */
  readonly irremovable?: ((path: ResourcePath) => Awaitable<void>) | undefined;
}

/** A tree under test. Each case gets an empty one. */
export interface TreeSubject {
  readonly tree: Tree;
  readonly capabilities: TreeCapabilities;
}

/** One case of the contract of trees. */
export type TreeCase = ContractCase<TreeSubject, keyof TreeCapabilities>;

/** What a case needs; fails where the subject lacks it. */
function capability<Name extends keyof TreeCapabilities>(
  subject: TreeSubject,
  name: Name,
): NonNullable<TreeCapabilities[Name]> {
  const found = subject.capabilities[name];
  assert(found !== undefined && found !== null, `this case needs the capability ${name}`);
  return found;
}

/** A case of the tree contract. */
export function treeCase(name: string, run: (subject: TreeSubject) => Promise<void>): TreeCase {
  return { name, run };
}

/** A case for trees with a capability. */
export function treeCaseNeeding<Name extends keyof TreeCapabilities>(
  needs: Name,
  name: string,
  run: (subject: TreeSubject, capability: NonNullable<TreeCapabilities[Name]>) => Promise<void>,
): TreeCase {
  return { name, needs, run: (subject) => run(subject, capability(subject, needs)) };
}
