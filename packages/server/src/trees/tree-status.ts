/** The one table from what a store could not do to what the client is told. */
import { DavError } from "@meanwhile/dav";
import type { TreeError } from "../store.ts";

/** The status for a store's error. `method` matters where RFC 4918 gives the same fact different statuses. */
export function fromTreeError(error: TreeError, method: string): DavError {
  const because = { cause: error };
  switch (error.code) {
    case "not-found":
      return new DavError(404, "there is no such file or folder", because);
    case "exists":
      return method === "MKCOL"
        ? new DavError(405, "something is there already (RFC 4918 §9.3.1)", because)
        : new DavError(412, "the destination exists", because);
    case "parent-missing":
      return new DavError(409, "the folder above it does not exist", because);
    case "is-a-collection":
      return new DavError(405, "it is a folder", because);
    case "not-a-collection":
      return new DavError(409, "it is a file, not a folder", because);
    case "no-space":
      return new DavError(507, "there is no room left", {
        ...because,
        condition: { code: "sufficient-disk-space" },
      });
    case "denied":
      return new DavError(403, "the server may not do that here", because);
    case "name-too-long":
      // 414 is about the Request-URI; in COPY and MOVE it is the Destination that is too long.
      return method === "COPY" || method === "MOVE"
        ? new DavError(403, "the name of the destination is too long", because)
        : new DavError(414, "the name is too long", because);
    case "name-refused":
      return new DavError(403, "no file or folder can have this name here", because);
    case "too-large":
      return method === "PUT"
        ? new DavError(413, "the content is larger than can be stored", because)
        : new DavError(507, "that is more than can be stored", because);
    case "busy":
    case "unavailable":
      return new DavError(503, "it is temporarily unavailable", {
        ...because,
        fields: { "Retry-After": "5" },
      });
    case "not-written":
      return new DavError(500, "the content could not be written to the disk", because);
    case "not-synced":
      return new DavError(
        500,
        "the change was made, but could not be written to the disk for certain",
        because,
      );
    case "not-recorded":
      return new DavError(
        500,
        "the change was made, but its properties could not be recorded yet: they follow when they can be",
        because,
      );
    case "changed":
      return new DavError(409, "it was changed since, and left alone", because);
    case "incomplete":
      return new DavError(409, "something in the folder failed, so nothing was changed", because);
    case "stopped":
      return new DavError(409, "the operation was cancelled", because);
  }
}
