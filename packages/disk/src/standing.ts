import type { Resource, TreeWork } from "@meanwhile/server/store";
import type { Calls } from "./calls.ts";
import { identityOf } from "./identity.ts";
import { refuseNewer } from "./unrecorded.ts";
import type { Standing } from "./work-facts.ts";

/**
 * What has a name, in a form to be written down.
 * @throws {TreeError} "changed"
 */
export async function standingAt(
  calls: Calls,
  at: string,
  kind: Resource["kind"],
  work: TreeWork,
): Promise<Standing> {
  const stats = await calls.lstat(at);
  refuseNewer(work, stats);
  return { kind, identity: identityOf(stats), ctimeNs: `${stats.ctimeNs}` };
}
