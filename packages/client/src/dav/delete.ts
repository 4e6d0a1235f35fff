import type { LongRequest } from "../operation/long-request.ts";
import { change } from "./change.ts";
import type { Change, ChangeOptions, Place } from "./dav-client.ts";
import type { VerbContext } from "./verb-context.ts";

/** Deletes a resource with all below it (RFC 4918 §9.6.1). */
export function remove(context: VerbContext, place: Place, options: ChangeOptions = {}): LongRequest<Change> {
  const url = context.places.url(place);
  const done = (): void => context.locks.removed(url);
  // "A client MUST NOT submit a Depth header with a DELETE on a collection with any value but infinity": none is that.
  return change(context, { method: "DELETE", url, changed: [url], done }, options);
}
