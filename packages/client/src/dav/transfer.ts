import type { LongRequest } from "../operation/long-request.ts";
import { type ChangeRequest, change } from "./change.ts";
import { checkStrong } from "./condition-fields.ts";
import type { Change, CopyOptions, Place, TransferOptions } from "./dav-client.ts";
import { asCollection } from "./place.ts";
import type { VerbContext } from "./verb-context.ts";

/** Copies a resource, on the server (RFC 4918 §9.8). */
export function copy(
  context: VerbContext,
  from: Place,
  to: Place,
  options: CopyOptions = {},
): LongRequest<Change> {
  const { url, destination } = ends(context, from, to);
  const headers = { ...transferFields(destination, options), Depth: options.depth ?? "infinity" };
  const expected = expectedAt(destination, options);
  return change(context, { method: "COPY", url, headers, ...expected, changed: [destination] }, options);
}

/** Moves a resource, on the server (RFC 4918 §9.9). Locks do not move with it (§7.5). */
export function move(
  context: VerbContext,
  from: Place,
  to: Place,
  options: TransferOptions = {},
): LongRequest<Change> {
  const { url, destination } = ends(context, from, to);
  const done = (): void => context.locks.removed(url);
  const headers = transferFields(destination, options);
  const request = { method: "MOVE", url, headers, ...expectedAt(destination, options), done };
  return change(context, { ...request, changed: [url, destination] }, options);
}

/** A collection goes to a collection's URL: some servers insist on it. */
function ends(
  context: VerbContext,
  from: Place,
  to: Place,
): { readonly url: URL; readonly destination: URL } {
  const url = context.places.url(from);
  const destination = context.places.url(to);
  return { url, destination: url.pathname.endsWith("/") ? asCollection(destination) : destination };
}

function transferFields(destination: URL, { overwrite }: TransferOptions): Record<string, string> {
  return { Destination: destination.href, Overwrite: overwrite === false ? "F" : "T" };
}

function expectedAt(url: URL, { ifDestination: etag }: TransferOptions): Pick<ChangeRequest, "expected"> {
  if (etag === undefined) return {};
  checkStrong(etag);
  return { expected: { url, etag } };
}
