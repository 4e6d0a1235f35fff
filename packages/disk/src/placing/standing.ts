import type { BigIntStats } from "node:fs";
import type { Resource, TreeWork } from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";
import type { Directory } from "../paths/folder.ts";
import { lastingIdentity } from "../paths/identity.ts";
import { refuseNewer } from "../works/unrecorded.ts";
import type { Standing } from "../works/work-facts.ts";

/**
 * What has a name, in a form to be written down.
 * @throws {TreeError} "changed"
 */
export async function standingAt(
  calls: Calls,
  directory: Directory,
  { kind, stats }: { readonly kind: Resource["kind"]; readonly stats: BigIntStats },
  work: TreeWork,
): Promise<Standing> {
  refuseNewer(work, stats);
  return { kind, identity: await lastingIdentity(calls, directory, stats), ctimeNs: `${stats.ctimeNs}` };
}
