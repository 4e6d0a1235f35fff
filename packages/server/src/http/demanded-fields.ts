/** Fields that HTTP demands with a status, whichever part of the server the answer comes from. */
import type { ServerContext } from "../context.ts";
import { options } from "../methods/options.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { Awaitable } from "../store.ts";
import { allMethods } from "./allow.ts";
import type { Answer } from "./answer.ts";

/** What was asked, as far as it was understood. */
export interface Asked {
  readonly method: string;
  /** undefined where the request had no target that could be read, or was refused before. */
  readonly request: DavRequest | undefined;
}

interface Demand {
  readonly status: number;
  readonly field: string;
  /** Its value where the answer has none; undefined where only the answer's own part can know it. */
  readonly value: (asked: Asked, context: ServerContext) => Promise<string | undefined>;
  /** The status that says the same and demands nothing, for an answer without the field. */
  readonly otherwise?: number;
}

const unknown = async (): Promise<undefined> => undefined;

/** The table. Numbers of sections are of RFC 9110. */
export const demands: readonly Demand[] = [
  // "The server generating a 401 response MUST send a WWW-Authenticate header field" (§15.5.2).
  { status: 401, field: "WWW-Authenticate", value: unknown, otherwise: 403 },
  // "The origin server MUST generate an Allow header field in a 405 response" (§15.5.6).
  { status: 405, field: "Allow", value: allowed },
  // "A server that generates a 416 response to a byte-range request SHOULD generate a Content-Range" (§15.5.17).
  { status: 416, field: "Content-Range", value: unknown, otherwise: 400 },
  // "The server MUST send an Upgrade header field in a 426 response" (§15.5.22).
  { status: 426, field: "Upgrade", value: unknown, otherwise: 400 },
  // When to come back is ours to say (RFC 6585 §4; RFC 9110 §15.6.4).
  { status: 429, field: "Retry-After", value: async () => "10" },
  { status: 503, field: "Retry-After", value: async () => "5" },
];

/** The answer with the fields that its status demands. */
export function withDemandedFields(answer: Answer, asked: Asked, context: ServerContext): Awaitable<Answer> {
  return demanding.has(answer.status) ? completed(answer, asked, context) : answer;
}

const demanding: ReadonlySet<number> = new Set(demands.map(({ status }) => status));

async function completed(answer: Answer, asked: Asked, context: ServerContext): Promise<Answer> {
  let complete = answer;
  for (const { status, field, value, otherwise } of demands) {
    if (answer.status !== status || (answer.fields[field] ?? "").length > 0) continue;
    const missing = await value(asked, context);
    if (missing !== undefined) complete = { ...complete, fields: { ...complete.fields, [field]: missing } };
    else if (otherwise !== undefined) complete = { ...complete, status: otherwise };
  }
  return complete;
}

/** What OPTIONS says, without the method that was just refused. */
async function allowed({ method, request }: Asked, context: ServerContext): Promise<string> {
  let methods: readonly string[] = allMethods;
  if (request !== undefined) {
    try {
      const { Allow = "" } = (await options(request, context, { reveal: true })).fields;
      methods = String(Allow).split(", ");
    } catch {
      // The tree cannot say what is there: what the server knows is true, too.
    }
  }
  return methods.filter((one) => one !== method).join(", ");
}
