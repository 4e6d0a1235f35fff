import { expect } from "vitest";
import { type CurlAnswer, type CurlHead, field } from "./curl.ts";

/** What must be true of the interim responses of a COPY, MOVE or DELETE of a collection. */

/** How many members an interim response says are done, and of how many. */
export function progressOf(interim: CurlHead): { readonly done: number; readonly total: number | undefined } {
  const value = field(interim, "progress") ?? "";
  const [, done, total] = /^(\d+)\/(\d+)?(?: |$)/.exec(value) ?? [];
  if (done === undefined) {
    throw new Error(`no Progress that can be read: ${JSON.stringify(value)}`);
  }
  return { done: Number(done), total: total === undefined ? undefined : Number(total) };
}

/** All of them are 102, the first says where the status document is, and none is larger than 3.5 KiB. */
export function expectWellFormed({ interims }: CurlAnswer): void {
  const [first, ...later] = interims;
  if (first === undefined) {
    throw new Error("there was no interim response");
  }
  expect(field(first, "location")).toMatch(/\S/);
  for (const interim of interims) {
    expect(interim.status).toBe(102);
    const lines = [...interim.fields].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
    expect(lines.join("\r\n").length + "HTTP/1.1 102 Processing\r\n\r\n\r\n".length).toBeLessThan(3584);
  }
  for (const interim of later) {
    expect(interim.fields.has("location")).toBe(false);
  }
}

/** Members done and members known never become fewer. */
export function expectMonotonic({ interims }: CurlAnswer): void {
  const steps = interims.map(progressOf);
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined) {
      expect(step.done).toBeGreaterThanOrEqual(before.done);
    }
    if (step.total !== undefined) {
      expect(step.done).toBeLessThanOrEqual(step.total);
    }
  }
}

/** Pairs of Status-URI, a field line each: a status, and the absolute URI of a member of the source. */
export function statusUris({
  interims,
}: CurlAnswer): readonly { readonly status: number; readonly uri: string }[] {
  return interims.flatMap((interim) => {
    const lines = interim.fields.get("status-uri") ?? [];
    return lines.map((line) => {
      const [, status, uri] = /^(\d{3}) <([^<>\s]+)>$/.exec(line) ?? [];
      if (status === undefined || uri === undefined) {
        throw new Error(`no Status-URI that can be read: ${JSON.stringify(line)}`);
      }
      return { status: Number(status), uri };
    });
  });
}
