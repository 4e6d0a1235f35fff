/** An operation as ownCloud's clients read it, who asked for it by `OC-LazyOps: true`. */
import { STATUS_CODES } from "node:http";
import type { JournalEntry, Operation, Outcome } from "@meanwhile/operations";

/** ownCloud 10's job status: at the URL of `OC-JobStatus-Location`. */
export interface JobStatus {
  /** "init" is not used: ownCloud's web client stops to ask when it sees it. */
  readonly status: "started" | "finished" | "error";
  /** Of the resource at the target, once it is there; "" where the server has none. */
  readonly fileId: string;
  /** With its quotes; "" where it is not known. */
  readonly ETag: string;
  /** The status of a final response that is no success; else 0. */
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** An operation in the words of ownCloud's job status: `started`, `finished` or `error`. */
export function jobStatus({ outcome }: Operation | JournalEntry): JobStatus {
  const job = { status: "started", fileId: "", ETag: "", errorCode: 0, errorMessage: "" } as const;
  if (!outcome) return job;
  // These clients know nothing of a 207: that members failed is an error.
  if (outcome.status >= 200 && outcome.status < 300 && outcome.status !== 207) {
    return {
      ...job,
      status: "finished",
      fileId: field(outcome, "oc-fileid"),
      ETag: field(outcome, "oc-etag") || field(outcome, "etag"),
    };
  }
  return { ...job, status: "error", errorCode: outcome.status, errorMessage: messageOf(outcome) };
}

/** Longest message, in characters. */
const longestMessage = 500;

function messageOf(outcome: Outcome): string {
  const plain = /^text\/plain\b/i.test(field(outcome, "content-type"));
  const text = plain ? String(textOf(outcome)).trim().slice(0, longestMessage) : "";
  return text || (STATUS_CODES[outcome.status] ?? `status ${outcome.status}`);
}

function textOf({ content }: Outcome): string {
  return typeof content === "string" ? content : Buffer.from(content).toString("utf8");
}

function field({ fields }: Outcome, wanted: string): string {
  const found = Object.entries(fields).find(([name]) => name.toLowerCase() === wanted);
  return found === undefined ? "" : String(found[1]);
}
