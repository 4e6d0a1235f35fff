/** What pages say of operations, for people. */
import { STATUS_CODES } from "node:http";
import type { StatusDocument } from "../document.ts";

/** Of each state, as the first word of a sentence. */
export const stateWords: Readonly<Record<StatusDocument["state"], string>> = {
  running: "Running",
  cancelling: "Stopping",
  finished: "Finished",
  cancelled: "Stopped on request",
  interrupted: "Interrupted: how far it came is not known",
};

/** "Running", "Finished: 201 Created". The status of what was stopped as somebody wanted is for programs. */
export function stateLine({ state, outcome }: StatusDocument): string {
  return outcome === undefined || state === "cancelled"
    ? stateWords[state]
    : `${stateWords[state]}: ${outcome.status} ${STATUS_CODES[outcome.status] ?? ""}`.trimEnd();
}

/** "3 of 20 members". */
export function progressLine({ progress: { done, total } }: StatusDocument): string {
  return total === undefined ? `${done} ${members(done)}` : `${done} of ${total} ${members(total)}`;
}

/** "12 of 400 MB of this file"; "" where nothing is known of bytes. */
export function bytesLine({ progress: { bytes } }: StatusDocument): string {
  return bytes === undefined ? "" : `${megabytes(bytes.done)} of ${megabytes(bytes.total)} MB of this file`;
}

/** "about 3 min left"; "" while that cannot be said. */
export function remainingLine({ progress, started, outcome }: StatusDocument, nowMs: number): string {
  const { done, total, bytes } = progress;
  if (outcome || total === undefined) return "";
  const part = done + (bytes && bytes.total > 0 ? bytes.done / bytes.total : 0);
  const spentMs = nowMs - Date.parse(started);
  if (part <= 0 || part > total || spentMs <= 0) return "";
  const seconds = Math.ceil(((spentMs / part) * (total - part)) / 1000);
  if (seconds < 60) return `about ${seconds} s left`;
  return seconds < 5400
    ? `about ${Math.ceil(seconds / 60)} min left`
    : `about ${Math.ceil(seconds / 3600)} h left`;
}

/** "42% COPY: Running": what a tab is called. Once it has ended there is no share. */
export function titleLine(document: StatusDocument): string {
  const { method, progress, outcome } = document;
  const { done, total, bytes } = progress;
  const part = done + (bytes && bytes.total > 0 ? bytes.done / bytes.total : 0);
  const share = outcome || total === undefined || total <= 0 ? "" : `${Math.floor((100 * part) / total)}% `;
  return `${share}${method}: ${stateLine(document)}`;
}

/** "1:05 so far, 12 members a second"; at the end how long it took. */
export function paceLine({ progress, started, ended, outcome }: StatusDocument, nowMs: number): string {
  const until = outcome && ended !== undefined ? Date.parse(ended) : nowMs;
  const seconds = Math.max(0, (until - Date.parse(started)) / 1000);
  if (outcome) return `took ${clock(seconds)}`;
  const rate = seconds < 1 ? 0 : progress.done / seconds;
  return `${clock(seconds)} so far${rate < 1 ? "" : `, ${Math.round(rate)} ${members(Math.round(rate))} a second`}`;
}

/** "1:05", "2:01:05". */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

function members(count: number): string {
  return count === 1 ? "member" : "members";
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
