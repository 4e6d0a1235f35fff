import { change } from "./change.ts";
import type { Change, ChangeOptions, Place } from "./dav-client.ts";
import { asCollection } from "./place.ts";
import type { VerbContext } from "./verb-context.ts";

/** Makes a collection (RFC 4918 §9.3). Its URL gets a slash at its end: some servers insist on it. */
export function mkdir(context: VerbContext, place: Place, options: ChangeOptions = {}): Promise<Change> {
  const url = asCollection(context.places.url(place));
  return change(context, { method: "MKCOL", url, changed: [url] }, options).outcome;
}
