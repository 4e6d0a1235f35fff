/** What a server shows of an operation, read without trust in who wrote it. */

/** A status document (HTTP Progress draft), in version 1 of its JSON form, as far as a client uses it. */
export interface StatusDocument {
  readonly href: string | undefined;
  /** Of the request that asked for it. */
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly state: "running" | "cancelling" | "finished" | "cancelled" | "interrupted";
  readonly progress: StatusProgress;
  /** Members that failed: some of them where there are many; `failures` counts them all. */
  readonly failed: readonly FailedMember[];
  readonly failures: number;
  /** Where a POST asks to stop it, as the server says. */
  readonly cancel: string | undefined;
  /** Present once it has ended. */
  readonly outcome: StatusOutcome | undefined;
}

export interface StatusProgress {
  readonly done: number;
  readonly total?: number;
  readonly remark?: string;
  readonly member?: string;
  readonly bytes?: { readonly done: number; readonly total: number };
}

export interface FailedMember {
  readonly status: number;
  readonly uri: string;
}

export interface StatusOutcome {
  /** Of the final response, 200 to 599. */
  readonly status: number;
  readonly href: string | undefined;
  readonly truncated: boolean;
}

/** Longest document that is read, in bytes. */
export const longestDocument: number = 2 * 1024 * 1024;

/**
 * Reads JSON that may be a status document. What is malformed in it counts as absent, as long as it says in which state
 * the operation is; one that has ended without an outcome that can be read is none.
 *
 * @returns undefined for what is no such document
 */
export function readStatusDocument(text: string): StatusDocument | undefined {
  const document = fieldsOf(parse(text));
  const state = states.find((one) => one === document?.["state"]);
  if (document?.["version"] !== 1 || state === undefined) return undefined;
  const outcome = readOutcome(fieldsOf(document["outcome"]));
  const ended = state !== "running" && state !== "cancelling";
  if (ended !== (outcome !== undefined)) return undefined;
  const failed = readMembers(document["failed"]);
  return {
    href: textOf(document["href"]),
    method: textOf(document["method"]),
    target: textOf(document["target"]),
    state,
    progress: readProgress(fieldsOf(document["progress"])),
    failed,
    failures: Math.max(countOf(document["failures"]) ?? 0, failed.length),
    cancel: textOf(document["cancel"]),
    outcome,
  };
}

/** The `data` of a `result` event: what became of members. */
export function readResults(text: string): readonly FailedMember[] {
  return readMembers(fieldsOf(parse(text))?.["results"]);
}

const states = ["running", "cancelling", "finished", "cancelled", "interrupted"] as const;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no document: the caller looks at it in other ways.
    return undefined;
  }
}

function readProgress(progress: Fields | undefined): StatusProgress {
  const done = countOf(progress?.["done"]) ?? 0;
  const total = countOf(progress?.["total"]);
  const remark = textOf(progress?.["remark"]);
  const member = textOf(progress?.["member"]);
  const bytes = fieldsOf(progress?.["bytes"]);
  const bytesDone = countOf(bytes?.["done"]);
  const bytesTotal = countOf(bytes?.["total"]);
  return {
    done,
    ...(total === undefined || total < done ? {} : { total }),
    ...(remark === undefined ? {} : { remark: remark.slice(0, longestRemark) }),
    ...(member === undefined ? {} : { member: member.slice(-longestMember) }),
    ...(bytesDone === undefined || bytesTotal === undefined || bytesTotal < bytesDone
      ? {}
      : { bytes: { done: bytesDone, total: bytesTotal } }),
  };
}

const longestRemark = 500;
const longestMember = 500;

function readOutcome(outcome: Fields | undefined): StatusOutcome | undefined {
  const status = statusOf(outcome?.["status"]);
  if (status === undefined) return undefined;
  return { status, href: textOf(outcome?.["href"]), truncated: outcome?.["truncated"] === true };
}

function readMembers(members: unknown): readonly FailedMember[] {
  if (!Array.isArray(members)) return [];
  return members.flatMap((member: unknown) => {
    const fields = fieldsOf(member);
    const status = statusOf(fields?.["status"]);
    const uri = textOf(fields?.["uri"]);
    return status === undefined || uri === undefined ? [] : [{ status, uri }];
  });
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a JSON object; undefined for everything else. */
export function jsonFields(text: string): Fields | undefined {
  return fieldsOf(parse(text));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function statusOf(value: unknown): number | undefined {
  const status = countOf(value);
  return status !== undefined && status >= 200 && status <= 599 ? status : undefined;
}
