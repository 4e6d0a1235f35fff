/** Turns whatever ended a command into one line, and an exit code. Loads the client: only used where it is loaded. */
import {
  CancelledError,
  ConnectionError,
  DetachedError,
  HttpError,
  MultistatusError,
  OutcomeUnknownError,
} from "@meanwhile/client";
import { DocumentError } from "@meanwhile/dav/xml";
import { FolderError, MemberError } from "@meanwhile/sync";
import { CommandError } from "../../command-error.ts";
import { formatCount, nameAmount } from "../../display/amounts.ts";
import { printable, summary } from "../../display/printable.ts";
import type { FailureCode } from "../../exit-status.ts";
import { StoppedError } from "../follow/stops.ts";
import { shownPath, shownUrl } from "../remote-url.ts";
import { connectionWords, explainConnection, isPassing } from "./explain-connection.ts";
import { exitCodeOf, explainStatus, statusWords } from "./explain-status.ts";
import type { Explanation, FailureContext } from "./explanation.ts";
import { folderNotes } from "./folder-notes.ts";

/** So many members that failed are told of, each in a line. */
export const mostMembersTold = 50;

/** Undefined: a fault of ours, to be shown as such. */
export async function explain(error: unknown, context: FailureContext): Promise<Explanation | undefined> {
  if (error instanceof CommandError)
    return { exitCode: error.exitCode, message: error.message, facts: factsOf(error.cause) };
  if (error instanceof HttpError) return explainStatus(error, context);
  if (error instanceof MultistatusError) return explainMultistatus(error);
  if (error instanceof FolderError) return explainFolder(error, context);
  if (error instanceof ConnectionError) return explainConnection(error, context);
  if (error instanceof OutcomeUnknownError) {
    const place = `${error.method} ${shownPath(error.url)}`;
    return {
      exitCode: 7,
      message: `${place}: ${whyUnknown(error.cause)}, and this server does not tell whether it was done; look, before you do it again${because(error.cause)}`,
      facts: { method: error.method, url: error.url.href },
    };
  }
  if (error instanceof CancelledError) return { exitCode: 9, message: "the operation was cancelled" };
  if (error instanceof DetachedError) return explainDetached(error, 130);
  if (error instanceof StoppedError) {
    const rest = context.resumable === true ? "; run the same command again to go on" : "";
    return { exitCode: error.exitCode, message: `stopped${rest}` };
  }
  if (error instanceof MemberError) return { exitCode: 1, message: summary(error.message) };
  if (error instanceof DocumentError) {
    return { exitCode: 1, message: `what the server sent is not understood: ${summary(error.message)}` };
  }
  if (error instanceof Error && "code" in error) return explainSystem(error, String(error.code));
  return undefined;
}

/** Of the answer that a command told in words of its own. */
function factsOf(cause: unknown): Readonly<Record<string, unknown>> {
  if (!(cause instanceof HttpError)) return {};
  return { method: cause.method, url: cause.url.href, status: cause.status };
}

/** Says that a request was left to the server, and how to come back. */
function explainDetached(error: DetachedError, exitCode: FailureCode): Explanation {
  const { url } = error;
  return {
    exitCode,
    message:
      url === undefined
        ? "left; the server gave no address to ask at, so it is not known whether the operation goes on"
        : `left; it goes on. To come back: meanwhile watch ${shownUrl(url)}`,
    ...(url === undefined ? {} : { facts: { url: url.href } }),
  };
}

function explainMultistatus(error: MultistatusError): Explanation {
  const failed = error.failed.filter(({ status }) => status !== 424);
  const told = failed.length === 0 ? error.failed : failed;
  const details = told.slice(0, mostMembersTold).map(({ url, status, condition, description }) => {
    const said = description ?? condition;
    // What the client found in a listing: no status came with it.
    if (error.method === "PROPFIND" && status === 500 && said !== undefined)
      return `${shownPath(url)}: ${summary(said)}`;
    return `${shownPath(url)}: ${statusWords(status)}${said === undefined ? "" : ` (${summary(said)})`}`;
  });
  if (told.length > details.length) details.push(`... and ${formatCount(told.length - details.length)} more`);
  // RFC 4918 §9.2: all changes of properties are made, or none.
  const whole = error.method === "PROPPATCH";
  const members = nameAmount(told.length, "members");
  // Of a listing, what fails may be the collection itself: then any number of members is missing.
  const many =
    error.method === "PROPFIND"
      ? `the server did not tell of ${members}; the listing is not whole`
      : `${members} failed; the rest may be done`;
  return {
    exitCode: whole ? exitCodeOf(told[0]?.status ?? 500) : 3,
    message: whole
      ? `${details[0] ?? shownPath(error.url)}; no property was changed`
      : error.method === "PROPFIND"
        ? `${shownPath(error.url)}: ${many}`
        : `${error.method} ${shownPath(error.url)}: ${many}`,
    details: whole ? details.slice(1) : details,
    facts: {
      method: error.method,
      url: error.url.href,
      status: 207,
      failed: error.failed.map(({ url, status, condition, description }) => ({
        url: url.href,
        status,
        ...(condition === undefined ? {} : { condition }),
        ...(description === undefined ? {} : { description }),
      })),
    },
  };
}

async function explainFolder(error: FolderError, context: FailureContext): Promise<Explanation> {
  const { failures, failed, deleted, deletionsLeftOut, endedEarly } = error.summary;
  const told = failed.slice(0, mostMembersTold);
  const details: string[] = [];
  // What members are was listed.
  const { isFileWithSlash: _, ...ofMembers } = context;
  for (const { path, error: cause } of told) {
    const why = await explain(cause, { ...ofMembers, resumable: false });
    const words = why?.message ?? summary(cause.message);
    // What a server answered is told with its place, which says which member it is.
    const named = cause instanceof HttpError || cause instanceof MultistatusError;
    details.push(named && why !== undefined ? words : `${printable(path || ".")}: ${words}`);
  }
  details.unshift(...folderNotes(error.summary));
  if (failures > told.length) details.push(`... and ${formatCount(failures - told.length)} more`);
  const more = deleted === 0 ? "" : " more";
  const kept = deletionsLeftOut ? `; so nothing${more} was deleted` : "";
  const rest = endedEarly ? "; the rest was not tried" : deletionsLeftOut ? "" : "; the rest is done";
  const again = failed.some(({ error: cause }) => mayPass(cause))
    ? "; run the same command again to go on"
    : `${rest}; once that is mended, run the same command again`;
  return {
    exitCode: 3,
    message: `${formatCount(failures)} failed${kept}${again}`,
    details,
    facts: { failures, failed: failed.map(({ path, error: cause }) => ({ path, message: cause.message })) },
  };
}

/** Whether the same may succeed another time, with nothing changed. */
function mayPass(error: Error): boolean {
  if (error instanceof ConnectionError) return isPassing(error);
  if (error instanceof HttpError) return passing.has(error.status);
  if (error instanceof MultistatusError) return error.failed.some(({ status }) => passing.has(status));
  if (error instanceof MemberError) return passingMembers.has(error.code);
  return error instanceof OutcomeUnknownError;
}

const passing: ReadonlySet<number> = new Set([408, 423, 425, 429, 500, 502, 503, 504]);
const passingMembers: ReadonlySet<string> = new Set(["changed-meanwhile", "length-differs", "not-listed"]);

/** Files of this machine, and misuse of the client that the command did not foresee. */
function explainSystem(error: Error, code: string): Explanation | undefined {
  const path = "path" in error && typeof error.path === "string" ? `${printable(error.path)}: ` : "";
  switch (code) {
    case "ENOENT":
      return { exitCode: 1, message: `${path}there is no such file` };
    case "EACCES":
    case "EPERM":
      return { exitCode: 1, message: `${path}not allowed on this machine` };
    case "ENOSPC":
    case "EDQUOT":
      return { exitCode: 1, message: `${path}no space left on this machine` };
    case "EISDIR":
      return { exitCode: 1, message: `${path}is a folder; -r takes folders` };
    case "ENOTDIR":
      return { exitCode: 1, message: `${path}is not a folder` };
    case "ERR_PROXY":
    case "ERR_OUTSIDE_BASE":
      return { exitCode: 2, message: summary(error.message) };
    default:
      // Codes of the operating system; others are ours.
      return /^E[A-Z0-9]+$/.test(code)
        ? { exitCode: 1, message: `${path}${summary(error.message)}` }
        : undefined;
  }
}

function whyUnknown(cause: unknown): string {
  if (cause instanceof ConnectionError) return connectionWords(cause);
  return cause instanceof HttpError ? `it was answered ${cause.status}` : "no answer says what became of it";
}

function because(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? ` (${summary(cause.message)})` : "";
}
