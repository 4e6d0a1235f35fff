import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificate } from "./certificate.ts";
import { curl, field } from "./curl.ts";
import { describeWith } from "./judge.ts";
import { run } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { user, writeDigestUsers, writeUsers } from "./users.ts";

const lockInfo =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>curl</D:owner></D:lockinfo>';

const content = "0123456789".repeat(10);

interface Wire {
  readonly title: string;
  readonly tls: boolean;
  readonly curlArgs: readonly string[];
  readonly version: string;
}

const wires: readonly Wire[] = [
  { title: "HTTP/1.1", tls: false, curlArgs: ["--http1.1"], version: "HTTP/1.1" },
  { title: "HTTP/1.1 over TLS", tls: true, curlArgs: ["--insecure", "--http1.1"], version: "HTTP/1.1" },
  { title: "HTTP/2 over TLS", tls: true, curlArgs: ["--insecure", "--http2"], version: "HTTP/2" },
];

describeWith(["curl"], "curl", () => {
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "meanwhile-curl-test-"));
    await writeFile(join(place, "content"), content);
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  describe.each(wires.map((wire) => [wire.title, wire] as const))(
    "over %s",
    (_, { tls, curlArgs, version }) => {
      let server: Server;
      beforeAll(async () => {
        const { certificate, key } = await makeCertificate(place);
        server = await startServer({ args: tls ? ["--tls-cert", certificate, "--tls-key", key] : [] });
      });
      afterAll(() => server?.stop());

      const ask = (method: string, path: string, ...args: readonly string[]) =>
        curl([...curlArgs, ...(method === "HEAD" ? ["--head"] : ["-X", method]), ...args, server.url + path]);
      const put = (path: string) => curl([...curlArgs, "-T", join(place, "content"), server.url + path]);

      test("the protocol is the one that was meant", async () => {
        expect((await ask("OPTIONS", "")).final.version).toBe(version);
      });

      test("OPTIONS names classes 1, 2, 3 and all methods (RFC 4918 §10.1, §18)", async () => {
        await put("options.txt");
        const { final } = await ask("OPTIONS", "options.txt");
        expect(final.status).toBe(200);
        expect(field(final, "dav")?.split(/,\s*/)).toEqual(expect.arrayContaining(["1", "2", "3"]));
        const allowed = field(final, "allow")?.split(/,\s*/);
        expect(allowed).toEqual(
          expect.arrayContaining(["OPTIONS", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK"]),
        );
        expect(allowed).toEqual(expect.arrayContaining(["COPY", "MOVE"]));
      });

      test("a document is put, got, looked at, copied, moved and deleted", async () => {
        expect((await put("a.txt")).final.status).toBe(201);
        expect((await put("a.txt")).final.status).toBe(204);
        expect((await ask("GET", "a.txt")).body).toBe(content);
        const head = await ask("HEAD", "a.txt");
        expect(field(head.final, "content-length")).toBe("100");
        const destination = (name: string) => ["-H", `Destination: ${server.url}${name}`];
        expect((await ask("COPY", "a.txt", ...destination("b.txt"))).final.status).toBe(201);
        expect((await ask("COPY", "a.txt", ...destination("b.txt"))).final.status).toBe(204);
        const refused = await ask("COPY", "a.txt", ...destination("b.txt"), "-H", "Overwrite: F");
        expect(refused.final.status).toBe(412);
        expect((await ask("MOVE", "b.txt", ...destination("c.txt"))).final.status).toBe(201);
        expect((await ask("GET", "b.txt")).final.status).toBe(404);
        expect((await ask("DELETE", "c.txt")).final.status).toBe(204);
        expect((await ask("DELETE", "c.txt")).final.status).toBe(404);
      });

      test("MKCOL makes a collection once, and only within one (RFC 4918 §9.3.1)", async () => {
        expect((await ask("MKCOL", "made/")).final.status).toBe(201);
        expect((await ask("MKCOL", "made/")).final.status).toBe(405);
        expect((await ask("MKCOL", "absent/made/")).final.status).toBe(409);
      });

      test("one range, several ranges and one beyond the end (RFC 9110 §14)", async () => {
        await put("ranges.txt");
        const one = await ask("GET", "ranges.txt", "-r", "5-14");
        expect(one.final.status).toBe(206);
        expect(one.body).toBe("5678901234");
        expect(field(one.final, "content-range")).toBe("bytes 5-14/100");
        expect((await ask("GET", "ranges.txt", "-r", "-3")).body).toBe("789");
        const several = await ask("GET", "ranges.txt", "-r", "0-1,50-52");
        expect(several.final.status).toBe(206);
        expect(field(several.final, "content-type")).toMatch(/^multipart\/byteranges; boundary=/);
        expect(several.body).toContain("bytes 0-1/100");
        expect(several.body).toContain("bytes 50-52/100");
        const beyond = await ask("GET", "ranges.txt", "-r", "100-");
        expect(beyond.final.status).toBe(416);
        expect(field(beyond.final, "content-range")).toBe("bytes */100");
      });

      test("entity tags guard reading and writing (RFC 9110 §13)", async () => {
        await put("tagged.txt");
        const etag = field((await ask("HEAD", "tagged.txt")).final, "etag") ?? "";
        expect(etag).toMatch(/^"[^"]+"$/);
        expect((await ask("GET", "tagged.txt", "-H", `If-None-Match: ${etag}`)).final.status).toBe(304);
        const guarded = (condition: string) => [
          ...curlArgs,
          ...["-H", condition, "-T", join(place, "content"), `${server.url}tagged.txt`],
        ];
        expect((await curl(guarded('If-Match: "other"'))).final.status).toBe(412);
        expect((await curl(guarded("If-None-Match: *"))).final.status).toBe(412);
        expect((await curl(guarded(`If-Match: ${etag}`))).final.status).toBe(204);
        expect(field((await ask("HEAD", "tagged.txt")).final, "etag")).not.toBe(etag);
      });

      test("PROPPATCH sets a dead property, PROPFIND gives it back (RFC 4918 §9.1, §9.2)", async () => {
        await put("properties.txt");
        const set =
          '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:mood xmlns:x="urn:example" xml:lang="en">a <x:b/> c</x:mood></D:prop></D:set></D:propertyupdate>';
        const patched = await ask(
          "PROPPATCH",
          "properties.txt",
          "-H",
          "Content-Type: application/xml",
          "-d",
          set,
        );
        expect(patched.final.status).toBe(207);
        expect(patched.body).toContain("200 OK");
        const find = '<D:propfind xmlns:D="DAV:"><D:prop><mood xmlns="urn:example"/></D:prop></D:propfind>';
        const found = await ask("PROPFIND", "properties.txt", "-H", "Depth: 0", "-d", find);
        expect(found.final.status).toBe(207);
        expect(found.body).toMatch(/mood[^>]*xml:lang="en"/);
        expect(found.body).toMatch(/>a <(\w+:)?b[^>]*\/> c</);
      });

      test("LOCK keeps out whoever has no token, until UNLOCK (RFC 4918 §9.10, §9.11)", async () => {
        await put("locked.txt");
        const xml = ["-H", "Content-Type: application/xml"];
        const locked = await ask("LOCK", "locked.txt", ...xml, "-H", "Timeout: Second-60", "-d", lockInfo);
        expect(locked.final.status).toBe(200);
        const token = field(locked.final, "lock-token") ?? "";
        expect(token).toMatch(/^<(urn:uuid|opaquelocktoken):[0-9a-f-]{36}>$/);
        expect((await put("locked.txt")).final.status).toBe(423);
        expect((await ask("DELETE", "locked.txt")).final.status).toBe(423);
        expect((await ask("LOCK", "locked.txt", ...xml, "-d", lockInfo)).final.status).toBe(423);
        const refreshed = await ask("LOCK", "locked.txt", "-H", `If: (${token})`, "-H", "Timeout: Second-90");
        expect(refreshed.final.status).toBe(200);
        const submitted = ["-H", `If: (${token})`, "-T", join(place, "content"), `${server.url}locked.txt`];
        expect((await curl([...curlArgs, ...submitted])).final.status).toBe(204);
        expect((await ask("UNLOCK", "locked.txt", "-H", `Lock-Token: ${token}`)).final.status).toBe(204);
        expect((await ask("DELETE", "locked.txt")).final.status).toBe(204);
      });

      test("a large document arrives whole, with 100 Continue before it is sent (RFC 9110 §10.1.1)", async () => {
        const large = join(place, "large.bin");
        await writeFile(large, Buffer.alloc(20_000_000, "large content "));
        const sent = await curl([
          ...curlArgs,
          "-H",
          "Expect: 100-continue",
          "-T",
          large,
          `${server.url}large.bin`,
        ]);
        expect(sent.final.status).toBe(201);
        expect(sent.interims.map(({ status }) => status)).toEqual([100]);
        const back = join(place, "back.bin");
        await curl([...curlArgs, "-o", back, `${server.url}large.bin`]);
        expect((await readFile(back)).equals(await readFile(large))).toBe(true);
      });
    },
  );

  describe("with users", () => {
    const callers = [
      ["Basic", "--users", writeUsers, "--basic"],
      ["Digest", "--digest-users", writeDigestUsers, "--digest"],
    ] as const;
    test.each(callers)("%s lets in the right password only", async (_, option, write, curlArg) => {
      const server = await startServer({ args: [option, await write(place)] });
      try {
        const url = `${server.url}secret.txt`;
        const put = (...args: readonly string[]) => curl([...args, "-T", join(place, "content"), url]);
        expect((await put()).final.status).toBe(401);
        expect((await put(curlArg, "-u", `${user.name}:wrong`)).final.status).toBe(401);
        expect((await put(curlArg, "-u", `nobody:${user.password}`)).final.status).toBe(401);
        expect((await put(curlArg, "-u", `${user.name}:${user.password}`)).final.status).toBe(201);
        const got = await curl([curlArg, "-u", `${user.name}:${user.password}`, url]);
        expect(got.body).toBe(content);
      } finally {
        await server.stop();
      }
    });

    test("OPTIONS without credentials tells that it is WebDAV, and nothing else", async () => {
      const server = await startServer({ args: ["--users", await writeUsers(place)] });
      try {
        const present = await curl(["-X", "OPTIONS", server.url]);
        const absent = await curl(["-X", "OPTIONS", `${server.url}absent`]);
        expect(present.final.status).toBe(200);
        expect(field(present.final, "dav")).toContain("2");
        expect(field(absent.final, "allow")).toBe(field(present.final, "allow"));
        expect(absent.final.status).toBe(200);
      } finally {
        await server.stop();
      }
    });
  });

  test("an upload that is broken off leaves the old content", async () => {
    const server = await startServer();
    try {
      await writeFile(join(server.folder, "kept.txt"), "old content");
      // curl says that it sends 100,000 bytes, and has 100.
      const args = ["-sS", "-m", "1", "-H", "Content-Length: 100000", "-T", join(place, "content")];
      const { code } = await run("curl", [...args, `${server.url}kept.txt`]);
      expect(code).not.toBe(0);
      expect(await readFile(join(server.folder, "kept.txt"), "utf8")).toBe("old content");
      expect((await curl([`${server.url}kept.txt`])).body).toBe("old content");
    } finally {
      await server.stop();
    }
  });
});
