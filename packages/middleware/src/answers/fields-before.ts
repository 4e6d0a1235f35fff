/** Fields that were set before the middleware, such as those of CORS: a client needs them on our own answers, too. */
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import { isSafe } from "../request/options.ts";
import { asksForUs } from "../request/request-view.ts";
import type { StatusFields } from "../status/answer.ts";

const told = new WeakMap<AnyRequest, () => StatusFields>();

/** For frameworks that keep them elsewhere than on the response. `fields` is called when there is an answer of ours. */
export function tellFieldsBefore(request: AnyRequest, fields: () => StatusFields): void {
  // Mounted once more on a route, where handlers may have set some of their own.
  if (told.has(request)) return;
  const { method = "GET" } = request;
  // All others have the answer of their handler.
  if (!asksForUs(request) && !isSafe(method)) return;
  told.set(request, fields);
}

/** The handler gets a response of its own, or writes to the one that there is: what is set from now on is its own. */
export function closeFieldsBefore(request: AnyRequest, response: AnyResponse, handlerRuns: boolean): void {
  const fields = handlerRuns ? {} : { ...fieldsBefore(request), ...fieldsSetOn(response) };
  told.set(request, () => fields);
}

/** Fields that were set on the response before the middleware saw it, such as those of CORS: its own answers have them, too. */
export function fieldsBefore(request: AnyRequest): StatusFields {
  return told.get(request)?.() ?? {};
}

/** Of one representation (RFC 9110 §8), or its message. */
const ofItsContent =
  /^(:|content-(type|encoding|language|length|location|range|disposition|digest|md5)$|(repr-)?digest$|etag$|last-modified$|accept-ranges$|transfer-encoding$|trailer$)/;

/** All but what describes content. */
function fieldsSetOn(response: AnyResponse): StatusFields {
  const set = Object.entries(response.getHeaders()).flatMap(([name, value]) => {
    if (value === undefined || ofItsContent.test(name)) return [];
    return [[name, Array.isArray(value) ? value : String(value)]] as const;
  });
  return Object.fromEntries(set);
}
