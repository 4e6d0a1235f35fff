import type { Resource } from "@meanwhile/server/store";
import type { Calls } from "./calls.ts";
import { identityOf } from "./identity.ts";
import type { Standing } from "./work-facts.ts";

/** What has a name, in a form to be written down. */
export async function standingAt(calls: Calls, at: string, kind: Resource["kind"]): Promise<Standing> {
  const stats = await calls.lstat(at);
  return { kind, identity: identityOf(stats), ctimeNs: `${stats.ctimeNs}` };
}
