/** One member of the folder that is shown. */
import type { Resource } from "@meanwhile/client/browser";

export interface Row {
  readonly name: string;
  /** Its path as the server names it; a folder's ends in "/". */
  readonly href: string;
  readonly collection: boolean;
  /** Bytes. */
  readonly length: number | undefined;
  readonly modified: Date | undefined;
}

/** What the server tells of a member, as a row. */
export function rowOf({ url, name, collection, length, modified }: Resource): Row {
  const { pathname } = url;
  return {
    name,
    href: collection && !pathname.endsWith("/") ? `${pathname}/` : pathname,
    collection,
    length: collection ? undefined : length,
    modified,
  };
}
