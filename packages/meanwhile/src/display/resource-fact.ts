import type { Resource } from "@meanwhile/client";
import type { Fact } from "./report.ts";

/** A resource for machines. */
export function resourceFact(resource: Resource, path?: string): Fact {
  const { url, name, collection, length, modified, created, etag, contentType } = resource;
  return {
    type: "resource",
    url: url.href,
    name,
    ...(path === undefined ? {} : { path }),
    collection,
    ...(length === undefined ? {} : { length }),
    ...(modified === undefined ? {} : { modified: modified.toISOString() }),
    ...(created === undefined ? {} : { created: created.toISOString() }),
    ...(etag === undefined ? {} : { etag }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}
