import { formatStatusUri } from "@meanwhile/interim/fields";
import { createOperations, type Operation } from "@meanwhile/operations";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Reports } from "./reports.ts";

function begin(reports: Reports): Operation {
  return createOperations().start(
    { kind: "POST", target: "http://a.example/", principal: "p" },
    (work) => {
      reports.take(work);
      return new Promise(() => undefined);
    },
    () => ({ status: 503, fields: {}, content: "" }),
  );
}

async function told(status: number, uri: string): Promise<string | undefined> {
  const reports = new Reports(() => "http://a.example/things/all?x=1");
  const operation = begin(reports);
  await new Promise((resolve) => setImmediate(resolve));
  reports.result(status, uri);
  return operation.results.since(0)[0]?.uri;
}

test.each([
  ["http://b.example/x", "http://b.example/x"],
  ["/row/1", "http://a.example/row/1"],
  ["row", "http://a.example/things/row"],
  ["", "http://a.example/things/all?x=1"],
  ["/a b|c\r\nd", "http://a.example/a%20b%7Ccd"],
  ["/100%", "http://a.example/100%25"],
  ["urn:isbn:1", "urn:isbn:1"],
  ["http://[", undefined],
])("the URI of a result is absolute: %j is told as %j (RFC 2518 §9.7)", async (given, expected) => {
  expect(await told(423, given)).toBe(expected);
});

test.each([199, 600, 102, Number.NaN, 200.5])("a result with the status %d is not told", async (status) => {
  expect(await told(status, "/x")).toBeUndefined();
});

test("whatever a handler reports can be sent", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withQueryParameters: true })),
      async (uri) => {
        const shown = await told(200, uri);
        if (shown !== undefined) expect(formatStatusUri({ status: 200, uri: shown })).toContain(shown);
      },
    ),
  );
});

test("what is reported before there is an operation is told to it: the last progress, the first 100 results", async () => {
  const reports = new Reports(() => "http://a.example/");
  reports.progress(1, 9);
  reports.progress(2, 9, "rows");
  for (let count = 0; count < 150; count += 1) reports.result(423, `/${count}`);
  const operation = begin(reports);
  await new Promise((resolve) => setImmediate(resolve));
  expect(operation.progress).toMatchObject({ done: 2, total: 9, remark: "rows" });
  expect(operation.results.failures).toBe(100);
});
