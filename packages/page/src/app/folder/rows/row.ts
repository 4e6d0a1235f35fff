/** One member of the folder that is shown. */
import type { Resource } from "@meanwhile/client/browser";
import { type Lock, lockOf, mayChange } from "./rights.ts";

export interface Row {
  readonly name: string;
  /** Its path as the server names it; a folder's ends in "/". */
  readonly href: string;
  readonly collection: boolean;
  /** Bytes. */
  readonly length: number | undefined;
  readonly modified: Date | undefined;
  /** Of the content that was there; undefined where the server tells none that says for certain. */
  readonly etag?: string | undefined;
  /** Whether this user may change it. */
  readonly mayChange: boolean;
  readonly lock: Lock | undefined;
}

/** What the server tells of a member, as a row. */
export function rowOf(resource: Resource): Row {
  const { url, name, collection, length, modified, etag } = resource;
  const { pathname } = url;
  return {
    name,
    href: collection && !pathname.endsWith("/") ? `${pathname}/` : pathname,
    collection,
    length: collection ? undefined : length,
    modified,
    etag: collection || etag?.startsWith("W/") === true ? undefined : etag,
    mayChange: mayChange(resource),
    lock: lockOf(resource, Date.now()),
  };
}
