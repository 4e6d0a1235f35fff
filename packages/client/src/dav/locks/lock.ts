import { escapeText, xmlDeclaration } from "@meanwhile/dav/xml";
import { misuse } from "../../error/misuse.ts";
import { checkMembers } from "../change.ts";
import { isSameResource } from "../comparable-path.ts";
import type { LockHandle, LockOptions, Place } from "../dav-client.ts";
import { malformed } from "../listing/read-multistatus.ts";
import { readFailure } from "../read-failure.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import { ifField } from "./held-locks.ts";
import { readActiveLocks, tokenOfField } from "./lock-answer.ts";
import { type GrantedLock, holdLock } from "./lock-handle.ts";
import { isLockToken } from "./lock-token.ts";
import { timeoutField } from "./timeout-field.ts";

/**
 * Takes a lock (RFC 4918 §9.10). As long as it is held, this client's own requests submit its token.
 *
 * @throws {HttpError} 423 where another lock stands against it
 * @throws {MultistatusError} where one on a member does (§9.10.9)
 */
export async function lock(
  context: VerbContext,
  place: Place,
  options: LockOptions = {},
): Promise<LockHandle> {
  const url = context.places.url(place);
  const depth = options.depth ?? "infinity";
  const timeoutSeconds = options.timeoutSeconds ?? 600;
  if (!(timeoutSeconds > 0)) throw misuse("ERR_LOCK_TIMEOUT", "a lock's time must be a number above 0");
  const headers = new Headers({
    Depth: depth,
    Timeout: timeoutField(timeoutSeconds),
    "Content-Type": 'application/xml; charset="utf-8"',
    Accept: "application/xml, text/xml",
  });
  // It may make a member of a collection that we hold a lock on.
  const above = context.locks.concerning([url]).filter(({ root }) => !isSameResource(root, url));
  const submitted = ifField(url, above);
  if (submitted !== undefined) headers.set("If", submitted);
  const sentAtMs = context.surroundings.now();
  const granted = await context.start<GrantedLock>({
    ...patienceOf(context, options),
    method: "LOCK",
    url,
    headers,
    content: lockInfo(options),
    read: (response) => readGranted(context, { method: "LOCK", url }, response, depth, timeoutSeconds),
  }).outcome;
  return holdLock(context, granted, {
    sentAtMs,
    refresh: options.refresh ?? true,
    askSeconds: timeoutSeconds,
  });
}

async function readGranted(
  context: VerbContext,
  asked: { readonly method: string; readonly url: URL },
  response: Response,
  depth: "0" | "infinity",
  askedSeconds: number,
): Promise<GrantedLock> {
  if (!response.ok) throw await readFailure(asked, response, context.places);
  if (response.status === 207) {
    await checkMembers(context, asked, response);
    throw malformed(asked, "a 207 without a failure grants no lock");
  }
  const field = tokenOfField(response.headers.get("lock-token"));
  const found = await readActiveLocks(response);
  // Servers that forget the field: there must be no doubt which lock is ours.
  const ours = found.find(({ token }) => token === field) ?? (found.length === 1 ? found[0] : undefined);
  const token = field ?? ours?.token;
  if (token === undefined || !isLockToken(token)) throw malformed(asked, "the answer has no lock token");
  const root = ours?.root === undefined ? undefined : context.places.ofHref(ours.root, asked.url);
  return {
    token,
    root: root ?? asked.url,
    depth: ours?.depth ?? depth,
    timeoutSeconds: ours?.timeoutSeconds ?? (Number.isFinite(askedSeconds) ? askedSeconds : "infinite"),
  };
}

/** RFC 4918 §14.11. */
function lockInfo({ scope, owner }: LockOptions): string {
  return (
    `${xmlDeclaration}<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope ?? "exclusive"}/></D:lockscope>` +
    `<D:locktype><D:write/></D:locktype>${owner === undefined ? "" : ownerElement(owner)}</D:lockinfo>`
  );
}

/** "Clients ... a href element ... to allow contacting the lock owner" (RFC 4918 §14.17). */
function ownerElement(owner: string): string {
  const isUrl = /^(?:https?:\/\/|mailto:)\S+$/i.test(owner);
  const text = escapeText(owner);
  return `<D:owner>${isUrl ? `<D:href>${text}</D:href>` : text}</D:owner>`;
}
