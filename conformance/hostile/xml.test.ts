import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request } from "../raw.ts";
import { soak } from "../soak.ts";
import { type Ground, prepareGround, secret } from "./ground.ts";

/** Methods that read XML, with the root element that each expects. */
const readers = [
  ["PROPFIND", "propfind"],
  ["PROPPATCH", "propertyupdate"],
  ["LOCK", "lockinfo"],
  ["MKCOL", "mkcol"],
] as const;

type Document = (root: string) => string | Buffer;

const entities = Array.from({ length: 12 }, (_, index) => {
  const content = index === 0 ? "lol" : `&e${index - 1};`.repeat(10);
  return `<!ENTITY e${index} "${content}">`;
}).join("");
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join("");

const hostile: readonly (readonly [string, Document, number])[] = [
  ["an entity bomb", (root) => `<!DOCTYPE x [${entities}]><D:${root} xmlns:D="DAV:">&e11;</D:${root}>`, 400],
  [
    "an external entity (RFC 4918 §20.6)",
    (root) =>
      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><D:${root} xmlns:D="DAV:">&e;</D:${root}>`,
    403,
  ],
  [
    "an external DTD",
    (root) => `<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><D:${root} xmlns:D="DAV:"/>`,
    403,
  ],
  [
    "an external parameter entity",
    (root) => `<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd">%e;]><D:${root} xmlns:D="DAV:"/>`,
    403,
  ],
  ["a bare DOCTYPE", (root) => `<!DOCTYPE x><D:${root} xmlns:D="DAV:"/>`, 400],
  [
    "100,000 nested elements",
    (root) => `<D:${root} xmlns:D="DAV:">${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}</D:${root}>`,
    400,
  ],
  [
    "10,000 namespaces",
    (root) => `<D:${root} xmlns:D="DAV:" ${times(10_000, (i) => `xmlns:n${i}="u${i}" `)}/>`,
    400,
  ],
  ["10,000 attributes", (root) => `<D:${root} xmlns:D="DAV:" ${times(10_000, (i) => `a${i}="" `)}/>`, 400],
  ["an unknown entity", (root) => `<D:${root} xmlns:D="DAV:">&nbsp;</D:${root}>`, 400],
  ["a prefix without namespace", (root) => `<D:${root}/>`, 400],
  ["a prefix bound to nothing", (root) => `<D:${root} xmlns:D="DAV:"><x:y xmlns:x=""/></D:${root}>`, 400],
  ["no end", (root) => `<D:${root} xmlns:D="DAV:">`, 400],
  ["two roots", (root) => `<D:${root} xmlns:D="DAV:"/><D:${root} xmlns:D="DAV:"/>`, 400],
  ["text beside the root", (root) => `<D:${root} xmlns:D="DAV:"/>text`, 400],
  ["NUL", (root) => `<D:${root} xmlns:D="DAV:">\0</D:${root}>`, 400],
  ["broken UTF-8", (root) => Buffer.from(`<D:${root} xmlns:D="DAV:">\xff\xfe</D:${root}>`, "latin1"), 400],
  ["no XML at all", () => "PROPFIND", 400],
];

describe("hostile XML", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground?.close());

  const target = (method: string) => (method === "MKCOL" ? "/new/" : "/a.txt");

  for (const [method, root] of readers) {
    test.each(hostile)(`${method} with %s is refused and changes nothing`, async (_, document, status) => {
      await ground.unchanged(async () => {
        const fields = ["Content-Type: application/xml"];
        const started = performance.now();
        const answer = await ground.send(request(method, target(method), fields, document(root)));
        expect(answer.status).toBe(status);
        expect(answer.body).not.toContain("root:");
        expect(answer.body).not.toContain(secret);
        // The least of these takes minutes where it is not stopped.
        expect(performance.now() - started).toBeLessThan(5000);
      });
    });
  }

  test("an external entity is refused with DAV:no-external-entities (RFC 4918 §16)", async () => {
    const document =
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop/></propfind>';
    const answer = await ground.send(request("PROPFIND", "/", ["Content-Type: application/xml"], document));
    expect(answer.body).toMatch(/<(\w+:)?no-external-entities/);
  });

  test.each(readers)("%s announcing 100 MB of XML is refused before it is sent: 413", async (method) => {
    await ground.unchanged(async () => {
      const fields = ["Content-Type: application/xml", "Content-Length: 100000000"];
      expect((await ground.send(request(method, target(method), fields))).status).toBe(413);
    });
  });

  test.each(readers)("%s with 100 MB of XML in chunks is refused: 413", async (method, root) => {
    await ground.unchanged(async () => {
      const fields = ["Content-Type: application/xml", "Transfer-Encoding: chunked"];
      const chunk = Buffer.alloc(1_000_000, " ");
      const framed = Buffer.concat([
        Buffer.from(`${chunk.length.toString(16)}\r\n`),
        chunk,
        Buffer.from("\r\n"),
      ]);
      const start = `<D:${root} xmlns:D="DAV:">`;
      const first = Buffer.from(`${start.length.toString(16)}\r\n${start}\r\n`);
      const chunks = Array.from({ length: soak ? 100 : 20 }, () => framed);
      const answer = await ground.send([request(method, target(method), fields), first, ...chunks]);
      expect(answer.status).toBe(413);
    });
  });
});
