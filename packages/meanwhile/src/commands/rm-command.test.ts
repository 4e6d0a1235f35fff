import { type DavClient, HttpError, MultistatusError } from "@meanwhile/client";
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { type TestPlaces, testConnection, testLooking, testResource } from "../testing/test-client.ts";
import { testRequest } from "../testing/test-request.ts";
import { testTerminal } from "../testing/test-terminal.ts";

const document = "https://files.example/x/a.txt";
const collection = "https://files.example/x/photos/";

async function run(args: readonly string[], more: Partial<DavClient> = {}) {
  const deleted: string[] = [];
  const connection = testConnection({
    stat: async (place) => testResource(String(place)),
    delete(place) {
      deleted.push(String(place));
      const request = testRequest<{ status: number; created: boolean }>();
      request.end({ status: 204, created: false });
      return request;
    },
    ...more,
  });
  const terminal = testTerminal();
  const code = await runProgram(["rm", ...args], terminal, connection.connect);
  return { code, deleted, printed: terminal.printed(), complained: terminal.complained };
}

test.each<[what: string, places: TestPlaces]>([
  ["whose type is not told", { "/x/a.txt": "without a type" }],
  ["of which only HEAD tells", { "/x/a.txt": { propfind: 405, head: 200 } }],
  ["of which nothing tells", { "/x/a.txt": { propfind: 403, head: 403 } }],
])("what may be a collection, %s, goes with -r only", async (_what, places) => {
  const looking = testLooking(places);
  const refused = await run([document], looking);
  expect(refused).toMatchObject({ code: 2, deleted: [] });
  expect(refused.complained[0]).toContain("may be a folder, the server does not tell: rm -r deletes it");
  expect(await run(["-r", document], looking)).toMatchObject({ code: 0, deleted: [document] });
});

const missing = (): Promise<never> =>
  Promise.reject(
    new HttpError({ method: "PROPFIND", url: new URL(document), status: 404, headers: new Headers() }),
  );

test("a document goes", async () => {
  expect(await run([document])).toEqual({
    code: 0,
    deleted: [document],
    printed: ["deleted /x/a.txt"],
    complained: [],
  });
});

test("a collection goes with -r only, whether its URL says what it is or not", async () => {
  for (const url of [collection, collection.slice(0, -1)]) {
    const stat = async () => testResource(collection);
    const refused = await run([url], { stat });
    expect(refused).toMatchObject({ code: 2, deleted: [] });
    expect(refused.complained[0]).toContain("is a folder: rm -r deletes it with all that is in it");
    expect(await run(["-r", url], { stat })).toMatchObject({ code: 0, deleted: [url] });
  }
});

test("a whole server is not deleted", async () => {
  for (const url of ["https://files.example", "https://files.example//", "https://files.example/a/.."])
    expect(await run(["-r", url])).toMatchObject({ code: 2, deleted: [] });
});

test("that nothing is there is a failure, but not with -f", async () => {
  expect(await run([document], { stat: missing })).toMatchObject({ code: 4, deleted: [] });
  expect(await run(["-f", document], { stat: missing })).toMatchObject({ code: 0, complained: [] });
});

test("members that could not go are listed, with exit code 3 (RFC 4918 §9.6.1)", async () => {
  const { code, complained } = await run(["-r", collection], {
    delete(place) {
      const request = testRequest<never>();
      const failed = [{ url: new URL("open.odt", String(place)), status: 423 }];
      request.fail(new MultistatusError("DELETE", new URL(String(place)), failed));
      return request;
    },
  });
  expect(code).toBe(3);
  expect(complained).toEqual([
    "meanwhile: /x/photos/open.odt: locked",
    "meanwhile: DELETE /x/photos/: 1 file or folder failed; the rest may be done",
  ]);
});
