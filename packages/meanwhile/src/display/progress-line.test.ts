import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth } from "./display-width.ts";
import type { ProgressView } from "./progress-facts.ts";
import { progressLine } from "./progress-line.ts";
import { progressSentence } from "./progress-sentence.ts";
import { newsOfRequest, type WorkNews } from "./work-news.ts";

const members: WorkNews = { stage: "processing", unit: "members", done: 2701, total: 6001, failures: 0 };

function view(news: WorkNews | undefined, more: Partial<ProgressView> = {}): ProgressView {
  return { label: "copying /photos/", news, elapsedMs: 8000, perSecond: 330, ...more };
}

test("a wide terminal has all of it", () => {
  const remark = { failures: 3, remark: "looking at\nit" };
  expect(progressLine(view({ ...members, ...remark }), 120)).toBe(
    "copying /photos/  [==============>                 ]   45%  2,701/6,001  330/s  0:10 left  3 failed  looking at\\nit",
  );
});

test("what is worked on is last, and shortened in its middle", () => {
  const news = newsOfRequest({
    stage: "processing",
    done: 2701,
    total: 6001,
    failures: 0,
    member: "2024/holidays\u001B[2J/harbour at night.jpg",
    bytes: { done: 12 * 1024 ** 2, total: 400 * 1024 ** 2 },
    remark: "slow",
  });
  expect(progressLine(view(news), 160)).toBe(
    "copying /photos/  [==============>                 ]   45%  2,701/6,001  330/s  0:10 left  12 MiB of 400 MiB  2024/holidays\\x1b[2J/harbour at night.jpg",
  );
  expect(progressLine(view(news), 130)).toMatch(/ 12 MiB of 400 MiB {2}2024\/.*….*\.jpg$/);
  expect(progressSentence(view(news))).toMatch(/, 2024\/holidays\\x1b\[2J\/harbour at night\.jpg, slow$/);
});

test.each([
  [79, "copying /photos/  [=========>            ]   45%  2,701/6,001  330/s  0:10 left"],
  [60, "copying /photos/   45%  2,701/6,001  330/s  0:10 left"],
  [40, "copyin…hotos/   45%  2,701/6,001  330/s"],
  [20, "copyin…otos/   45%"],
  [8, " 45%"],
])("in %i columns what matters least is left out", (columns, line) => {
  expect(progressLine(view(members), columns)).toBe(line);
});

test("without a total there is a count, and the time that has passed", () => {
  const { total: _, ...uncounted } = members;
  expect(progressLine(view(uncounted), 79)).toBe("copying /photos/  2,701 files and folders  330/s  0:08");
});

test("a server that says nothing is waited for", () => {
  expect(progressLine(view(undefined), 79)).toBe("copying /photos/  waiting for the server  0:08");
  expect(progressLine(view({ stage: "processing", unit: "members", done: 0, failures: 0 }), 79)).toBe(
    "copying /photos/  waiting for the server  0:08",
  );
});

test("that a connection was lost, and is tried again, is shown (decision 0041)", () => {
  const lost = newsOfRequest({ stage: "processing", done: 0, failures: 0, comingBack: true });
  expect(progressLine(view(lost), 79)).toBe("copying /photos/  the connection was lost, trying again  0:08");
  expect(progressSentence(view(lost))).toBe(
    "copying /photos/: the connection was lost, trying again, 0:08 so far",
  );
  const counted = newsOfRequest({ stage: "processing", done: 3, total: 9, failures: 0, comingBack: true });
  expect(progressLine(view(counted), 79)).toContain("the connection was lost");
  expect(progressSentence(view(counted))).toContain("3 of 9 files and folders, 33%, the connection was lost");
  const { comingBack: _, ...again } = counted;
  expect(progressLine(view(again), 79)).not.toContain("connection");
});

test("bytes have their units, and several transfers one bar", () => {
  const news: WorkNews = {
    stage: "transferring",
    unit: "bytes",
    done: 1.5 * 1024 ** 3,
    total: 3 * 1024 ** 3,
    beside: { unit: "documents", done: 3, total: 10 },
    active: 4,
    failures: 0,
  };
  expect(progressLine(view(news, { label: "putting photos", perSecond: 50 * 1024 ** 2 }), 110)).toBe(
    "putting photos  [===========>          ]   50%  1.5 GiB/3.0 GiB  50 MiB/s  0:31 left  4 at once  3 of 10 files",
  );
});

test("done of nothing is all of it, and never more than all", () => {
  expect(progressLine(view({ ...members, done: 0, total: 0 }), 60)).toContain("100%");
  expect(progressLine(view({ ...members, done: 9, total: 6 }), 60)).toContain("100%");
  expect(progressLine(view({ ...members, done: 6000 }), 60)).toContain("99%");
});

test("in words", () => {
  expect(progressSentence(view({ ...members, failures: 1 }))).toBe(
    "copying /photos/: 2,701 of 6,001 files and folders, 45%, 330/s, 0:10 left, 1 failed",
  );
  expect(progressSentence(view(undefined))).toBe("copying /photos/: waiting for the server, 0:08 so far");
});

test("no line is wider than the terminal, nor has what a terminal acts upon, whatever is in it", () => {
  const news = fc.record({
    stage: fc.constant("processing"),
    unit: fc.constantFrom("bytes" as const, "members" as const),
    done: fc.nat(),
    total: fc.nat(),
    failures: fc.nat(),
    active: fc.nat(64),
    remark: fc.string({ unit: "binary" }),
    member: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      news,
      fc.integer({ min: 1, max: 200 }),
      (label, latest, columns) => {
        const line = progressLine(view(latest, { label }), columns);
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
      },
    ),
  );
});
