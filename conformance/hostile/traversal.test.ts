import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request } from "../raw.ts";
import { type Ground, prepareGround, secret } from "./ground.ts";

/** Paths that would leave the folder, or are no path, in every spelling that some server has fallen for. */
const refused: readonly string[] = [
  "/../outside/secret.txt",
  "/..",
  "/../",
  "/inside/../../outside/secret.txt",
  "/inside/..",
  "/./a.txt",
  "/inside/.",
  "/%2e%2e/outside/secret.txt",
  "/%2E%2E/outside/secret.txt",
  "/.%2e/outside/secret.txt",
  "/%2e./outside/secret.txt",
  "/%2e/a.txt",
  "/inside/%2e%2e/%2e%2e/outside/secret.txt",
  "/..%2foutside%2fsecret.txt",
  "/..%2Foutside/secret.txt",
  "/%2e%2e%2foutside%2fsecret.txt",
  "/inside%2f..%2f..%2foutside%2fsecret.txt",
  "/inside%2fa.txt",
  "/%2fetc/passwd",
  // Overlong and otherwise broken UTF-8.
  "/%c0%ae%c0%ae/outside/secret.txt",
  "/%e0%80%ae%e0%80%ae/outside/secret.txt",
  "/%c0%af..%c0%afoutside/secret.txt",
  "/%ff%fe",
  "/%ed%a0%80",
  // Broken percent-encoding, and NUL.
  "/%",
  "/%2",
  "/%zz",
  "/%u002e%u002e/outside/secret.txt",
  "/a.txt%00",
  "/a.txt%00.html",
  "/%00",
];

/** Names that look like traversal elsewhere. Here they are names, of nothing. */
const harmless: readonly string[] = [
  "/..%5coutside%5csecret.txt",
  "/..%5c..%5coutside%5csecret.txt",
  "/%252e%252e/outside/secret.txt",
  "/%252e%252e%252foutside%252fsecret.txt",
  "/...",
  "/..;/outside/secret.txt",
  "/.../outside/secret.txt",
  "//etc/passwd",
  "//outside/secret.txt",
  "/C:/Windows/win.ini",
  "/%EF%BC%8E%EF%BC%8E/outside/secret.txt",
  "/a.txt::$DATA",
  "/a.txt/b.txt",
];

const lock =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const patch =
  '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="u"/></D:prop></D:set></D:propertyupdate>';

/** Each method, asked with all that it needs but a good path. */
const methods: readonly (readonly [string, readonly string[], string])[] = [
  ["GET", [], ""],
  ["HEAD", [], ""],
  ["PUT", [], "intruder"],
  ["DELETE", [], ""],
  ["MKCOL", [], ""],
  ["COPY", ["Destination: /copied"], ""],
  ["MOVE", ["Destination: /moved"], ""],
  ["PROPFIND", ["Depth: 1"], ""],
  ["PROPPATCH", [], patch],
  ["LOCK", [], lock],
  ["UNLOCK", ["Lock-Token: <urn:uuid:00000000-0000-4000-8000-000000000000>"], ""],
];

describe("paths that leave the folder", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground?.close());

  test.each(methods)(
    "%s refuses each as target with 400 and changes nothing",
    async (method, fields, body) => {
      await ground.unchanged(async () => {
        const statuses = new Map<string, number>();
        for (const path of refused) {
          const answer = await ground.send(request(method, path, fields, body));
          expect(answer.body).not.toContain(secret);
          statuses.set(path, answer.status);
        }
        expect(statuses).toEqual(new Map(refused.map((path) => [path, 400])));
      });
    },
  );

  test.each(["COPY", "MOVE"])(
    "%s refuses each as Destination with 400 and changes nothing",
    async (method) => {
      await ground.unchanged(async () => {
        const spellings = refused.flatMap((path) => [path, `http://127.0.0.1${path}`]);
        const statuses = new Map<string, number>();
        for (const destination of spellings) {
          const { status } = await ground.send(request(method, "/a.txt", [`Destination: ${destination}`]));
          statuses.set(destination, status);
        }
        expect(statuses).toEqual(new Map(spellings.map((path) => [path, 400])));
      });
    },
  );

  test.each(["GET", "PROPFIND", "DELETE"])(
    "%s finds nothing where a name only looks like one",
    async (method) => {
      await ground.unchanged(async () => {
        const statuses = new Map<string, number>();
        for (const path of harmless) {
          const answer = await ground.send(request(method, path));
          expect(answer.body).not.toContain(secret);
          statuses.set(path, answer.status);
        }
        expect(statuses).toEqual(new Map(harmless.map((path) => [path, 404])));
      });
    },
  );

  test("a target in absolute form is judged like any other (RFC 9112 §3.2.2)", async () => {
    await ground.unchanged(async () => {
      const outside = `http://127.0.0.1:${ground.server.port}/%2e%2e/outside/secret.txt`;
      expect((await ground.send(request("GET", outside))).status).toBe(400);
      const inside = `http://127.0.0.1:${ground.server.port}/a.txt`;
      expect((await ground.send(request("GET", inside))).status).toBe(200);
    });
  });

  const otherwiseBad: readonly (readonly [string, string, number])[] = [
    ["another server", "http://other.example/a.txt", 502],
    ["another port", "http://127.0.0.1:1/a.txt", 502],
    ["another scheme", "ftp://127.0.0.1/a.txt", 502],
    ["user information", "http://user@127.0.0.1/a2.txt", 400],
    ["a fragment", "/a2.txt#part", 400],
    ["a query", "/a2.txt?query", 400],
    ["no URL", "a2.txt", 400],
    ["a tab", "/a\t2.txt", 400],
    ["nothing", "", 400],
    ["itself", "/a.txt", 403],
    ["a place in no collection", "/absent/a.txt", 409],
  ];
  test.each(otherwiseBad)(
    "a Destination with %s changes nothing (RFC 4918 §9.8.5)",
    async (_, destination, status) => {
      await ground.unchanged(async () => {
        for (const method of ["COPY", "MOVE"]) {
          const answer = await ground.send(request(method, "/a.txt", [`Destination: ${destination}`]));
          expect(answer.status, method).toBe(status);
        }
      });
    },
  );

  const overlapping: readonly (readonly [string, string, string])[] = [
    ["itself", "/inside/", "/inside/"],
    ["itself in another spelling", "/inside", "/%69nside/"],
    ["its own member", "/inside/", "/inside/deep/new/"],
    ["its ancestor", "/inside/deep/", "/inside/"],
    ["the root", "/inside/", "/"],
  ];
  test.each(overlapping)("a collection does not go to %s: 403", async (_, source, destination) => {
    await ground.unchanged(async () => {
      for (const method of ["COPY", "MOVE"]) {
        const answer = await ground.send(request(method, source, [`Destination: ${destination}`]));
        expect(answer.status, method).toBe(403);
      }
    });
  });

  test("the root is neither deleted nor moved nor copied into itself: 403", async () => {
    await ground.unchanged(async () => {
      expect((await ground.send(request("DELETE", "/"))).status).toBe(403);
      expect((await ground.send(request("MOVE", "/", ["Destination: /new/"]))).status).toBe(403);
      expect((await ground.send(request("COPY", "/", ["Destination: /new/"]))).status).toBe(403);
    });
  });
});
