/** Status documents of long requests, as a server shows them (docs/reference/status-documents.md). What comes is not trusted. */

export interface OperationStatus {
  readonly href: string;
  readonly state: string;
  readonly method: string;
  readonly target: string;
  readonly started?: string;
  readonly ended?: string;
  readonly done: number;
  readonly total?: number;
  readonly remark?: string;
  /** What is worked on now. */
  readonly member?: string;
  readonly failures: number;
  readonly failed: readonly { readonly status: number; readonly uri: string }[];
  /** Of the final response, once there is one. */
  readonly outcome?: number;
}

export interface OperationList {
  readonly operations: readonly OperationStatus[];
  /** There are more than are shown. */
  readonly more: boolean;
}

/** Characters of a document that are read, at most. */
export const statusLength: number = 4 * 1024 * 1024;

/** Reads a document, or a list of them; undefined where it is neither. */
export function readStatus(json: unknown): OperationStatus | OperationList | undefined {
  if (!isObject(json) || json["version"] !== 1) return undefined;
  const { operations } = json;
  if (!Array.isArray(operations)) return readOperation(json);
  return {
    operations: operations.map(readOperation).filter((operation) => operation !== undefined),
    more: json["more"] === true,
  };
}

function readOperation(json: unknown): OperationStatus | undefined {
  if (!isObject(json)) return undefined;
  const { href, state, method, target, progress, outcome } = json;
  if (![href, state, method, target].every((value) => typeof value === "string")) return undefined;
  const counted = isObject(progress) ? progress : {};
  const total = countOf(counted["total"]);
  const ended = isObject(outcome) ? countOf(outcome["status"]) : undefined;
  return {
    href: String(href),
    state: String(state),
    method: String(method),
    target: String(target),
    ...textOf("started", json["started"]),
    ...textOf("ended", json["ended"]),
    ...textOf("remark", counted["remark"]),
    ...textOf("member", counted["member"]),
    done: countOf(counted["done"]) ?? 0,
    ...(total === undefined ? {} : { total }),
    failures: countOf(json["failures"]) ?? 0,
    failed: (Array.isArray(json["failed"]) ? json["failed"] : []).flatMap(readMember),
    ...(ended === undefined ? {} : { outcome: ended }),
  };
}

function readMember(json: unknown): readonly { readonly status: number; readonly uri: string }[] {
  if (!isObject(json)) return [];
  const status = countOf(json["status"]);
  const { uri } = json;
  return status === undefined || typeof uri !== "string" ? [] : [{ status, uri }];
}

function textOf<Name extends string>(name: Name, value: unknown): { readonly [field in Name]?: string } {
  return typeof value === "string" ? ({ [name]: value } as { readonly [field in Name]: string }) : {};
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
