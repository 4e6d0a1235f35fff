/** LOCK requests, for tests of what locks keep others from doing. */
import { type Lock, type LockScope, parsePath } from "@meanwhile/dav";
import type { LockStore } from "../../locks/lock-store.ts";

/** The content of a LOCK that makes a new lock (RFC 4918 §9.10.7). */
export function lockInfo(scope: LockScope = "exclusive"): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope}/></D:lockscope>` +
    "<D:locktype><D:write/></D:locktype><D:owner>Jane Doe</D:owner></D:lockinfo>"
  );
}

/** Locks `path` behind the server's back. */
export async function plantLock(
  locks: LockStore,
  path: string,
  parts: Partial<Pick<Lock, "scope" | "depth" | "principal">> = {},
): Promise<Lock> {
  const result = await locks.create({
    root: parsePath(path),
    scope: "exclusive",
    depth: "infinity",
    owner: undefined,
    principal: undefined,
    timeoutSeconds: 3600,
    ...parts,
  });
  if (result.kind !== "granted") throw new Error(`no lock on ${path}: ${result.kind}`);
  return result.lock;
}

/** An If header that submits tokens, each for the resource that it is tagged with: `{ "/a": token }`. */
export function submit(tokens: Readonly<Record<string, string>>): { readonly If: string } {
  return {
    If: Object.entries(tokens)
      .map(([path, token]) => `<${path}> (<${token}>)`)
      .join(" "),
  };
}

/** The roots of all locks in a store, in order. */
export async function lockRoots(locks: LockStore): Promise<readonly string[]> {
  return (await locks.within(parsePath("/"))).map(({ root }) => root).sort();
}
