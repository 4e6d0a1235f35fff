import { expect, test } from "vitest";
import type { RequestProgress } from "../operation/long-request.ts";
import { ProgressReport } from "./progress-report.ts";
import { readStatusDocument, type StatusDocument } from "./status-document.ts";

async function latest(report: ProgressReport): Promise<RequestProgress | undefined> {
  for await (const progress of report.news) return progress;
  return undefined;
}

const interim = (progress: string, ...statusUris: readonly string[]): Headers => {
  const headers = new Headers(progress === "" ? {} : { Progress: progress });
  for (const line of statusUris) headers.append("Status-URI", line);
  return headers;
};

function documentOf(fields: object): StatusDocument {
  const document = readStatusDocument(JSON.stringify({ version: 1, state: "running", ...fields }));
  if (document === undefined) throw new Error("no document");
  return document;
}

test("content on its way, then the server's own work", async () => {
  const report = new ProgressReport("sending");
  expect(await latest(report)).toEqual({ stage: "sending", done: 0, failures: 0 });
  report.sent(5, 10);
  expect(await latest(report)).toEqual({ stage: "sending", done: 5, total: 10, failures: 0 });
  report.sent(10, 10);
  expect(await latest(report)).toEqual({ stage: "processing", done: 0, failures: 0 });
  report.interim(interim('3/20 "big.iso" 8/16 (bytes)'));
  expect(await latest(report)).toEqual({
    stage: "processing",
    done: 3,
    total: 20,
    remark: "big.iso",
    bytes: { done: 8, total: 16 },
    failures: 0,
  });
});

test("a member that the status document named stays while nothing more is dealt with", async () => {
  const report = new ProgressReport("processing");
  report.document(documentOf({ progress: { done: 3, total: 20, member: "a/b.iso" } }));
  expect(await latest(report)).toMatchObject({ done: 3, member: "a/b.iso" });
  report.interim(interim("3/20 8/16 (bytes)"));
  expect(await latest(report)).toMatchObject({ member: "a/b.iso", bytes: { done: 8 } });
  report.interim(interim("4/20"));
  expect(await latest(report)).not.toHaveProperty("member");
});

test("interim responses that say nothing are no news", async () => {
  const report = new ProgressReport("processing");
  report.interim(interim("1/2"));
  report.interim(interim(""));
  report.interim(interim("nonsense"));
  expect(await latest(report)).toMatchObject({ done: 1, total: 2 });
});

test("failed members are counted once, however often they are told", async () => {
  const report = new ProgressReport("processing");
  report.interim(interim("1/", "423 <http://h/a>, 200 <http://h/b>"));
  report.interim(interim("2/", "423 <http://h/a>", "507 <http://h/c>"));
  expect(await latest(report)).toMatchObject({ failures: 2 });
  report.members([{ status: 423, uri: "http://h/c" }]);
  expect(await latest(report)).toMatchObject({ failures: 2 });
  report.document(documentOf({ progress: { done: 3 }, failures: 7 }));
  expect(await latest(report)).toMatchObject({ done: 3, failures: 7 });
  report.document(documentOf({ progress: { done: 4 }, failures: 1 }));
  expect(await latest(report)).toMatchObject({ done: 4, failures: 7 });
});

test("so many failures cost no more memory than is set aside for them", async () => {
  const report = new ProgressReport("processing");
  report.members(Array.from({ length: 12_000 }, (_, number) => ({ status: 500, uri: `http://h/${number}` })));
  expect(await latest(report)).toMatchObject({ failures: 10_000 });
});

test("done never falls within a stage, and a total below it is left out", async () => {
  const report = new ProgressReport("sending");
  report.sent(8, 10);
  report.sent(2, 10);
  expect(await latest(report)).toMatchObject({ stage: "sending", done: 8, total: 10 });
  report.interim(interim("5/9"));
  report.interim(interim("2/4"));
  expect(await latest(report)).toEqual({ stage: "processing", done: 5, failures: 0 });
});

test("a lost connection is told until there is news again", async () => {
  const report = new ProgressReport("processing");
  report.interim(interim("1/2"));
  report.comingBack();
  expect(await latest(report)).toEqual({
    stage: "processing",
    done: 1,
    total: 2,
    failures: 0,
    comingBack: true,
  });
  report.interim(interim("1/2"));
  expect(await latest(report)).not.toHaveProperty("comingBack");
});

test("a sign of life ends the coming back, be it that it tells nothing else", async () => {
  const report = new ProgressReport("processing");
  report.interim(new Headers({ Progress: "1/3" }));
  report.comingBack();
  report.alive();
  expect(await latest(report)).toEqual({ stage: "processing", done: 1, total: 3, failures: 0 });
});

test("several readers each have the latest, and all end", async () => {
  const report = new ProgressReport("processing");
  const seen: number[][] = [[], []];
  const readers = seen.map(async (list) => {
    for await (const { done } of report.news) list.push(done);
  });
  for (let done = 1; done <= 100; done += 1) report.interim(interim(`${done}/100`));
  await Promise.resolve();
  report.news.end();
  await Promise.all(readers);
  for (const list of seen) {
    expect(list.at(-1)).toBe(100);
    expect(list.length).toBeLessThan(10);
  }
});
