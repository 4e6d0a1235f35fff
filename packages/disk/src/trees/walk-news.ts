import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { fieldsOf, type Reply, type WalkNews } from "../walks/walk.ts";

/** Who is told about members. */
export interface MembersReport {
  done(path: ResourcePath, kind: Resource["kind"]): void;
  failed(path: ResourcePath, kind: Resource["kind"], error: TreeError): void;
}

/** Tells what became of members: those that are done, and those that failed. */
export function tellMembers(told: MembersReport, news: WalkNews): void {
  for (const [collection, names] of news.documents) {
    for (const name of names.split("/")) told.done(memberPath(collection, name), "document");
  }
  for (const path of news.collections) told.done(path, "collection");
  for (const { path, kind, code, message } of news.failed)
    told.failed(path, kind, new TreeError(code, message));
}

/** @returns what it failed with, for a walk to go on with */
export async function failureOf(act: () => Promise<void>): Promise<Reply> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return { failure: fieldsOf(error) };
  }
}
