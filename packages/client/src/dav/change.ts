/** Requests that change something, and what becomes of them. */

import type { MultistatusResponse } from "@meanwhile/dav/xml";
import { misuse } from "../error/misuse.ts";
import { hasFailed, type MemberResult } from "../error/multistatus-error.ts";
import type { LongRequest } from "../operation/long-request.ts";
import type { ResumeUpload, UploadWay } from "../operation/long-request-plan.ts";
import { discard } from "../send/received-content.ts";
import type { RequestContent } from "../send/send.ts";
import { conditionFields } from "./condition-fields.ts";
import type { Change, ChangeOptions } from "./dav-client.ts";
import { MemberResults } from "./listing/member-results.ts";
import { readMultistatus } from "./listing/read-multistatus.ts";
import { type ExpectedContent, ifField } from "./locks/held-locks.ts";
import { isLockToken } from "./locks/lock-token.ts";
import { readFailure } from "./read-failure.ts";
import { patienceOf, type VerbContext } from "./verb-context.ts";

export interface ChangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: RequestContent;
  /** How to go on with the content after a lost connection, instead of from its beginning. */
  readonly resume?: ResumeUpload;
  /** Another way for the content than in one request. */
  readonly upload?: UploadWay;
  /** All resources that change, with what is below them: their locks are submitted. */
  readonly changed: readonly URL[];
  /** Only if another resource than its own has this content. */
  readonly expected?: ExpectedContent;
  /** Called once it succeeded. */
  readonly done?: () => void;
}

/**
 * Starts a change.
 *
 * @throws {TypeError} `ERR_ENTITY_TAG`, `ERR_LOCK_TOKEN` for options that no field can say
 */
export function change(
  context: VerbContext,
  request: ChangeRequest,
  options: ChangeOptions,
): LongRequest<Change> {
  const { method, url, content, resume, upload } = request;
  const locks = context.locks.concerning(request.changed);
  return context.start({
    ...patienceOf(context, options),
    method,
    url,
    headers: changeHeaders(context, request, options),
    ...(content === undefined ? {} : { content }),
    ...(resume === undefined ? {} : { resume }),
    ...(upload === undefined ? {} : { upload }),
    ...repetition(options),
    async read(response) {
      if (response.status === 412) for (const lock of locks) lock.doubt();
      const outcome = await readChange(context, request, response);
      request.done?.();
      return outcome;
    },
  });
}

/** How it may be sent again. */
export function repetition(options: ChangeOptions): Pick<ChangeOptions, "idempotencyKey" | "repeat"> {
  return {
    ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
    ...(options.repeat === undefined ? {} : { repeat: options.repeat }),
  };
}

/** The fields of a change: its own, its conditions, and the tokens of the locks that are in its way. */
export function changeHeaders(
  context: VerbContext,
  request: Pick<ChangeRequest, "url" | "headers" | "changed" | "expected">,
  options: ChangeOptions,
): Headers {
  const headers = new Headers({ ...request.headers, ...conditionFields(options) });
  for (const token of options.lockTokens ?? []) checkLockToken(token);
  const { url, changed, expected } = request;
  const submitted = ifField(url, context.locks.concerning(changed), options.lockTokens, expected);
  if (submitted !== undefined) headers.set("If", submitted);
  return headers;
}

/** @throws {TypeError} `ERR_LOCK_TOKEN` if it cannot be one, for instance because it stands in angle brackets */
export function checkLockToken(token: string): void {
  if (!isLockToken(token)) throw misuse("ERR_LOCK_TOKEN", "a lock token is a URI, without angle brackets");
}

/**
 * What became of a change.
 *
 * @throws {HttpError} where it failed, or a page came in its place
 * @throws {MultistatusError} where a 207 tells that a part of it failed: a 207 "does not always indicate success"
 *   (RFC 4918 §13)
 */
async function readChange(
  context: VerbContext,
  asked: { readonly method: string; readonly url: URL },
  response: Response,
): Promise<Change> {
  const { status, headers } = response;
  if (!response.ok || isPage(asked.method, response))
    throw await readFailure(asked, response, context.places);
  if (status === 207) await checkMembers(context, asked, response);
  else await discard(response);
  const etag = headers.get("etag");
  return { status, created: status === 201, ...(etag === null ? {} : { etag }) };
}

/**
 * A page where people log in, for instance: these methods are answered 201 or 204 (RFC 4918 §9.3.1, §9.8.5, §9.9.4), and 200
 * with a page is what everything is answered with in front of a server.
 */
function isPage(method: string, { status, headers }: Response): boolean {
  const type = headers.get("content-type") ?? "";
  return status === 200 && pageless.has(method) && /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(type);
}

const pageless: ReadonlySet<string> = new Set(["MKCOL", "COPY", "MOVE"]);

/** Reads a 207 to its end. @throws {MultistatusError} where a member failed */
export async function checkMembers(
  context: VerbContext,
  asked: { readonly method: string; readonly url: URL },
  response: Response,
): Promise<void> {
  const results = new MemberResults();
  for await (const part of readMultistatus(asked, response)) {
    for (const result of memberResults(context, asked.url, part)) results.add(result);
  }
  results.check(asked);
}

function memberResults(
  { places }: VerbContext,
  asked: URL,
  response: MultistatusResponse,
): readonly MemberResult[] {
  const failed = response.propstats.find(hasFailed);
  const told = failed ?? response.propstats[0];
  const ownFailed = response.status !== undefined && hasFailed({ status: response.status });
  const status = (ownFailed ? undefined : failed?.status) ?? response.status ?? told?.status ?? 200;
  const condition = response.condition ?? told?.condition;
  const description = response.description ?? told?.description;
  // A resource outside of the base, such as the other end of a COPY, or none, is told as the request's own.
  const urls = response.hrefs.map((href) => places.ofHref(href, asked) ?? asked);
  return (urls.length === 0 ? [asked] : urls).map((url) => ({
    url,
    status,
    ...(condition === undefined ? {} : { condition: condition.name.local }),
    ...(description === undefined ? {} : { description }),
  }));
}
