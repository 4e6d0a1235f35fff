import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request } from "../raw.ts";
import { type Ground, prepareGround } from "./ground.ts";

const lock =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

type Case = readonly [
  title: string,
  method: string,
  target: string,
  fields: readonly string[],
  status: number,
];

const cases: readonly Case[] = [
  ["Depth: 2", "PROPFIND", "/", ["Depth: 2"], 400],
  ["Depth: -1", "PROPFIND", "/", ["Depth: -1"], 400],
  ["Depth: 0, 1", "PROPFIND", "/", ["Depth: 0, 1"], 400],
  ["Depth: 1 (RFC 4918 §9.8.3)", "COPY", "/inside/", ["Depth: 1", "Destination: /new/"], 400],
  ["Depth: 0 (RFC 4918 §9.9.2)", "MOVE", "/inside/", ["Depth: 0", "Destination: /new/"], 400],
  ["Depth: 0 (RFC 4918 §9.6.1)", "DELETE", "/inside/", ["Depth: 0"], 400],
  ["Depth: 1 (RFC 4918 §9.10.3)", "LOCK", "/inside/", ["Depth: 1"], 400],
  ["Overwrite: X", "COPY", "/a.txt", ["Overwrite: X", "Destination: /b.txt"], 400],
  ["Overwrite: TF", "MOVE", "/a.txt", ["Overwrite: TF", "Destination: /b.txt"], 400],
  ["no Destination", "COPY", "/a.txt", [], 400],
  ["no Destination", "MOVE", "/a.txt", [], 400],
  [
    "an existing Destination and Overwrite: F",
    "COPY",
    "/a.txt",
    ["Overwrite: F", "Destination: /b.txt"],
    412,
  ],
  [
    "an existing Destination and Overwrite: F",
    "MOVE",
    "/a.txt",
    ["Overwrite: F", "Destination: /b.txt"],
    412,
  ],
  ["Timeout: Second-soon", "LOCK", "/a.txt", ["Timeout: Second-soon"], 400],
  ["Timeout: Second-", "LOCK", "/a.txt", ["Timeout: Second-"], 400],
  ["no Lock-Token", "UNLOCK", "/a.txt", [], 400],
  ["a malformed Lock-Token", "UNLOCK", "/a.txt", ["Lock-Token: <"], 400],
  [
    "the Lock-Token of no lock (RFC 4918 §9.11.1)",
    "UNLOCK",
    "/a.txt",
    ["Lock-Token: <urn:uuid:00000000-0000-4000-8000-000000000000>"],
    409,
  ],
  ["If: (", "PUT", "/a.txt", ["If: ("], 400],
  ["If: ()", "PUT", "/a.txt", ["If: ()"], 400],
  ["If: <urn:x>", "PUT", "/a.txt", ["If: <urn:x>"], 400],
  ["If: ([no-quotes])", "DELETE", "/a.txt", ["If: ([no-quotes])"], 400],
  ["If: (Not)", "DELETE", "/a.txt", ["If: (Not)"], 400],
  ["tagged and untagged lists mixed", "DELETE", "/a.txt", ["If: (<urn:x>) </a.txt> (<urn:x>)"], 400],
  ["If with 2,000 lists", "DELETE", "/a.txt", [`If: ${"(<urn:x>)".repeat(1500)}`], 400],
  ["an If that is not met", "PUT", "/a.txt", ['If: (["other"])'], 412],
  ["Content-Range (RFC 9110 §14.5)", "PUT", "/a.txt", ["Content-Range: bytes 0-7/100"], 400],
  [
    "a Content-Digest that is not its content's",
    "PUT",
    "/a.txt",
    [`Content-Digest: sha-256=:${"A".repeat(43)}=:`],
    400,
  ],
  ["an OC-Checksum that is not its content's", "PUT", "/a.txt", [`OC-Checksum: MD5:${"0".repeat(32)}`], 400],
  ["Content-Length: -1", "PUT", "/a.txt", ["Content-Length: -1"], 400],
  ["Content-Length: eight", "PUT", "/a.txt", ["Content-Length: eight"], 400],
  ["two lengths", "PUT", "/a.txt", ["Content-Length: 8", "Content-Length: 9"], 400],
  ["a length and chunks", "PUT", "/a.txt", ["Content-Length: 8", "Transfer-Encoding: chunked"], 400],
  ["an unknown Transfer-Encoding", "PUT", "/a.txt", ["Transfer-Encoding: sideways"], 400],
  ["NUL in a field", "PUT", "/a.txt", ["X-Field: \0"], 400],
  ["a bare CR in a field", "PUT", "/a.txt", ["X-Field: a\rb"], 400],
  ["a folded field", "PUT", "/a.txt", ["X-Field: a", " b"], 400],
  ["a field without a name", "PUT", "/a.txt", [": a"], 400],
  ["white space before a colon", "PUT", "/a.txt", ["X-Field : a"], 400],
  ["20 KiB of fields", "PUT", "/a.txt", [`X-Field: ${"a".repeat(20_000)}`], 431],
  ["a target of 20 KiB", "PUT", `/${"a".repeat(20_000)}`, [], 431],
  ["content where none is expected (RFC 4918 §9.3)", "MKCOL", "/new/", ["Content-Type: text/plain"], 415],
  ["an unknown method", "BREW", "/a.txt", [], 501],
  ["a method that is not for it", "POST", "/a.txt", [], 405],
];

/** Content for those that need one: a document for PUT and so on. */
const content: Readonly<Record<string, string>> = { PUT: "intruder", LOCK: lock, MKCOL: "content" };

describe("hostile fields", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground?.close());

  for (const [title, method, target, fields, status] of cases) {
    test(`${method} with ${title} is answered ${status} and changes nothing`, async () => {
      await ground.unchanged(async () => {
        const answer = await ground.send(request(method, target, fields, content[method] ?? ""));
        expect(answer.status).toBe(status);
      });
    });
  }

  test("a target without a slash, a broken version and no Host are answered 400", async () => {
    await ground.unchanged(async () => {
      const lines = [
        "GET a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /a.txt HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /a.txt HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /a .txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n",
      ];
      for (const line of lines) {
        expect((await ground.send(line)).status, JSON.stringify(line)).toBe(400);
      }
    });
  });

  test("a Range that is malformed is ignored (RFC 9110 §14.2), and 10,000 ranges cost no 10,000 copies", async () => {
    await ground.unchanged(async () => {
      const malformed = await ground.send(request("GET", "/a.txt", ["Range: bytes=x-y"]));
      expect(malformed.status).toBe(200);
      const many = Array.from({ length: 2500 }, () => "0-").join(",");
      const answer = await ground.send(request("GET", "/a.txt", [`Range: bytes=${many}`]));
      expect([200, 416]).toContain(answer.status);
      expect(answer.body.length).toBeLessThan(1000);
    });
  });

  const hostileName = "x\r\nSet-Cookie: evil<script>\"'&.txt";
  const hostilePath = "/x%0d%0aSet-Cookie:%20evil%3Cscript%3E%22'&.txt";

  test("a new name with CR and LF in it is refused: 400, as target and as Destination", async () => {
    await ground.unchanged(async () => {
      expect((await ground.send(request("PUT", hostilePath, [], "content"))).status).toBe(400);
      expect((await ground.send(request("MKCOL", hostilePath))).status).toBe(400);
      for (const method of ["COPY", "MOVE"]) {
        const answer = await ground.send(request(method, "/a.txt", [`Destination: ${hostilePath}`]));
        expect(answer.status, method).toBe(400);
      }
    });
  });

  test("a name with CR, LF and markup that is there injects no field, no element and no script", async () => {
    await ground.unchanged(async () => {
      writeFileSync(join(ground.folder, hostileName), "content");
      const got = await ground.send(request("GET", hostilePath));
      expect(got.body).toBe("content");
      const found = await ground.send(request("PROPFIND", "/", ["Depth: 1"]));
      expect(found.body).toMatch(/\/x%0D%0ASet-Cookie(:|%3A)%20evil%3Cscript%3E%22/);
      const listed = await ground.send(request("GET", "/"));
      expect(listed.body).toContain("evil&lt;script");
      const moved = await ground.send(request("MOVE", hostilePath, ["Destination: /x.txt"]));
      expect(moved.status).toBe(201);
      for (const answer of [got, found, listed, moved]) {
        expect(answer.head).not.toMatch(/^Set-Cookie/im);
        expect(answer.body).not.toContain("evil<script");
      }
      expect((await ground.send(request("DELETE", "/x.txt"))).status).toBe(204);
    });
  });
});
