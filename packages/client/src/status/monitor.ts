/** What a server shows at the place where an operation is to be followed: our status documents, and other servers' ways. */
import { abandon, boundedText } from "../send/received-content.ts";
import { jsonFields, longestDocument, readStatusDocument, type StatusDocument } from "./status-document.ts";

/** What is expected there. */
export type MonitorKind =
  /** A status document (HTTP Progress draft): where `Location` of a 102 leads. */
  | "document"
  /** A job's state in words: `Operation-Location`, and ownCloud's `OC-JobStatus-Location`. */
  | "job"
  /** The result, sooner or later: where `Location` of a 202 leads. */
  | "anything";

export type MonitorState =
  | { readonly kind: "document"; readonly document: StatusDocument }
  | { readonly kind: "pending"; readonly reference?: string }
  | { readonly kind: "result"; readonly response: Response }
  /** The result is elsewhere. */
  | { readonly kind: "elsewhere"; readonly reference: string }
  | { readonly kind: "cancelled" };

/** Takes the response's content, unless the response is the result. */
export async function readMonitor(response: Response, expected: MonitorKind): Promise<MonitorState> {
  const text = response.ok && isJson(response) ? await glance(response) : undefined;
  const document = text === undefined ? undefined : readStatusDocument(text);
  if (document !== undefined) {
    abandon(response);
    return { kind: "document", document };
  }
  if (response.status === 202) {
    abandon(response);
    const reference = response.headers.get("location");
    return reference === null ? { kind: "pending" } : { kind: "pending", reference };
  }
  return expected === "job" && text !== undefined ? readJob(response, text) : { kind: "result", response };
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(headers.get("content-type") ?? "");
}

/** The content as long as it is short; the response can still be read. */
async function glance(response: Response): Promise<string | undefined> {
  return boundedText(response.clone(), longestDocument);
}

/** ownCloud's "started", "finished", "error"; "succeeded", "failed", "canceled" of others; all else is not the end. */
function readJob(response: Response, text: string): MonitorState {
  const job = jsonFields(text) ?? {};
  const status = typeof job["status"] === "string" ? job["status"].toLowerCase() : undefined;
  switch (status) {
    case undefined:
      return { kind: "result", response };
    case "finished":
    case "succeeded":
    case "completed": {
      const { resourceLocation } = job as { readonly resourceLocation?: unknown };
      if (typeof resourceLocation === "string") {
        abandon(response);
        return { kind: "elsewhere", reference: resourceLocation };
      }
      return { kind: "result", response: "fileId" in job ? finished(response, job) : response };
    }
    case "error":
    case "failed":
      abandon(response);
      return { kind: "result", response: failed(job) };
    case "canceled":
    case "cancelled":
      abandon(response);
      return { kind: "cancelled" };
    default:
      abandon(response);
      return { kind: "pending" };
  }
}

type Job = Readonly<Record<string, unknown>>;

/** ownCloud does not say whether there was something before. */
function finished(response: Response, { ETag: etag, fileId }: Job): Response {
  abandon(response);
  const headers = new Headers();
  setField(headers, "ETag", etag);
  setField(headers, "OC-FileId", fileId);
  return new Response(null, { status: 204, headers });
}

function failed({ errorCode, errorMessage, error }: Job): Response {
  const { message } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly message?: unknown;
  };
  const words = [errorMessage, message].find((one) => typeof one === "string" && one !== "");
  const isStatus = Number.isInteger(errorCode) && Number(errorCode) >= 400 && Number(errorCode) <= 599;
  return problemResponse(isStatus ? Number(errorCode) : 500, String(words ?? "the job failed").slice(0, 500));
}

/** A response that no server sent, in its words: a problem document (RFC 9457). */
export function problemResponse(status: number, title: string): Response {
  const hasContent = status !== 204 && status !== 205 && status !== 304;
  return new Response(hasContent ? `${JSON.stringify({ status, title })}\n` : null, {
    status,
    headers: hasContent ? { "Content-Type": "application/problem+json" } : {},
  });
}

function setField(headers: Headers, name: string, value: unknown): void {
  if (typeof value === "string" && /^[\x21-\x7e]{1,256}$/.test(value)) headers.set(name, value);
}
