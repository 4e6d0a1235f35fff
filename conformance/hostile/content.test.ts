import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request } from "../raw.ts";
import { type Ground, prepareGround } from "./ground.ts";

describe("hostile content and names", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground?.close());

  const cutBodies: readonly (readonly [string, readonly string[], string])[] = [
    ["shorter than its Content-Length", ["Content-Length: 1000"], "a few bytes"],
    [
      "that announces more than any disk holds, and ends",
      ["Content-Length: 9007199254740991"],
      "a few bytes",
    ],
    ["whose chunk is cut off", ["Transfer-Encoding: chunked"], "400\r\na few bytes"],
    ["whose last chunk never comes", ["Transfer-Encoding: chunked"], "3\r\nabc\r\n"],
    ["whose chunk size is no number", ["Transfer-Encoding: chunked"], "xyz\r\nabc\r\n0\r\n\r\n"],
    ["whose chunk is longer than it says", ["Transfer-Encoding: chunked"], "3\r\nabcdef\r\n0\r\n\r\n"],
  ];
  test.each(cutBodies)("PUT of a body %s succeeds nowhere and changes nothing", async (_, fields, body) => {
    await ground.unchanged(async () => {
      for (const target of ["/a.txt", "/new.txt"]) {
        const { status } = await ground.send(request("PUT", target, fields, body), { cut: true });
        expect(status < 200 || status >= 400, `status ${status}`).toBe(true);
      }
    });
  });

  test("PUT that announces more than any disk holds is refused before it is sent: 507", async () => {
    await ground.unchanged(async () => {
      const fields = ["Content-Length: 9007199254740991", "Expect: 100-continue"];
      const answer = await ground.send(request("PUT", "/a.txt", fields));
      expect(answer.status).toBe(507);
    });
  });

  test("what follows a body of a shorter Content-Length is another request, and not of this document", async () => {
    const bytes = [
      "PUT /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\ncontent of a",
      "GET /b.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ];
    await ground.unchanged(async () => {
      const answer = await ground.send(bytes.join(""));
      expect(answer.status).toBe(204);
      expect(answer.body).toMatch(/^HTTP\/1\.1 200 [\s\S]*content of b$/);
    });
  });

  test("a name of 255 bytes is stored; one of 256 is refused: 414 as target, 403 as Destination", async () => {
    await ground.unchanged(async () => {
      const longest = `/${"n".repeat(255)}`;
      const unicode = `/${"%C3%A4".repeat(127)}`;
      for (const path of [longest, unicode]) {
        expect((await ground.send(request("PUT", path, [], "content"))).status).toBe(201);
        expect((await ground.send(request("PUT", path, [], "replaced"))).status).toBe(204);
        expect((await ground.send(request("GET", path))).body).toBe("replaced");
        const elsewhere = [`Destination: /inside${path}`];
        expect((await ground.send(request("COPY", path, elsewhere))).status).toBe(201);
        expect((await ground.send(request("MOVE", path, elsewhere))).status).toBe(204);
        expect((await ground.send(request("DELETE", `/inside${path}`))).status).toBe(204);
      }
      for (const tooLong of [`/${"n".repeat(256)}`, `/${"%C3%A4".repeat(128)}`]) {
        expect((await ground.send(request("PUT", tooLong, [], "content"))).status).toBe(414);
        expect((await ground.send(request("MKCOL", tooLong))).status).toBe(414);
        expect((await ground.send(request("GET", tooLong))).status).toBe(404);
        const { status } = await ground.send(request("COPY", "/a.txt", [`Destination: ${tooLong}`]));
        expect(status).toBe(403);
      }
    });
  });

  test("3,000 collections within each other are too long a path, and break nothing", async () => {
    await ground.unchanged(async () => {
      const path = "/d".repeat(3000);
      for (const method of ["GET", "HEAD", "PROPFIND", "PUT", "MKCOL", "DELETE"]) {
        const content = method === "PUT" ? "content" : undefined;
        expect((await ground.send(request(method, path, [], content))).status, method).toBe(414);
      }
    });
  });

  test("a collection of strange names lists, copies and deletes whole", async () => {
    const folder = join(ground.folder, "inside", "strange");
    await ground.unchanged(async () => {
      expect((await ground.send(request("MKCOL", "/inside/strange/"))).status).toBe(201);
      const names = [
        "\n",
        "\r\n",
        "\t",
        "\x1b[31m",
        "\x7f",
        "&<>\"'",
        "]]>",
        "%2F",
        "%00",
        "..%2f",
        "\u{1F680}",
      ];
      for (const name of names) {
        writeFileSync(join(folder, name), "content");
      }
      const found = await ground.send(request("PROPFIND", "/inside/strange/", ["Depth: 1"]));
      expect(found.status).toBe(207);
      for (const name of names) {
        const listed = encodeURIComponent(name).replaceAll("'", "('|%27)");
        expect(found.body).toMatch(new RegExp(`/inside/strange/${listed}<`, "i"));
      }
      expect((await ground.send(request("COPY", "/inside/strange/", ["Destination: /copied/"]))).status).toBe(
        201,
      );
      expect(readdirSync(join(ground.folder, "copied")).sort()).toEqual([...names].sort());
      expect((await ground.send(request("DELETE", "/copied/"))).status).toBe(204);
      expect((await ground.send(request("DELETE", "/inside/strange/"))).status).toBe(204);
    });
  });
});
