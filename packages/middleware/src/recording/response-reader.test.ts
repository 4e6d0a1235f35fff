import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedResponse, ResponseReader } from "./response-reader.ts";

function read(pieces: readonly Buffer[]): unknown {
  const seen = { heads: [] as unknown[], content: "", trailers: [] as unknown[] };
  const reader = new ResponseReader({
    head(head) {
      seen.heads.push(head);
      return head.status >= 200;
    },
    content(chunk) {
      seen.content += chunk.toString("latin1");
    },
    trailers: (fields) => seen.trailers.push(...fields),
  });
  for (const piece of pieces) reader.write(piece);
  return seen;
}

const chunked =
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
  "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "5\r\nhello\r\n1\r\n\r\r\n0\r\nX-Sum: 2\r\n\r\n";

const expected = {
  heads: [
    { status: 103, reason: "Early Hints", fields: [["Link", "</a>"]] },
    {
      status: 200,
      reason: "OK",
      fields: [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["Transfer-Encoding", "chunked"],
      ],
    },
  ],
  content: "hello\r",
  trailers: [["X-Sum", "2"]],
};

test("a response is read the same, however it is cut into pieces (RFC 9112 §7.1)", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: chunked.length })), (cuts) => {
      const places = [0, ...cuts.sort((one, other) => one - other), chunked.length];
      const pieces = places
        .slice(1)
        .map((end, index) => Buffer.from(chunked.slice(places[index], end), "latin1"));
      expect(read(pieces)).toEqual(expected);
    }),
  );
});

test("content without chunks goes through as it is", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n";
  expect(read([Buffer.from(text)])).toMatchObject({ content: "\r\n\r\n", trailers: [] });
});

test("of content beyond its Content-Length nothing is read: a client would take it for the next response", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfourHTTP/1.1 200 OK\r\n\r\n";
  expect(read([Buffer.from(text)])).toMatchObject({ heads: [{ status: 200 }], content: "four" });
  expect(read([Buffer.from(text.replace("4", "0"))])).toMatchObject({ content: "" });
});

const begun = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

test.each([
  ["a 102 after the head", `${begun}HTTP/1.1 102 Processing\r\n\r\n`],
  ["a 103 between two chunks", `${begun}1\r\nx\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n`],
  ["a chunk that is longer than it says", `${begun}1\r\nxy\r\n`],
  ["a negative size", `${begun}-1\r\nx`],
  ["no size", `${begun}\r\n\r\n`],
  ["a size beyond counting", `${begun}ffffffffffffffff\r\nx`],
  ["an endless size", begun + "0".repeat(70_000)],
  ["a trailer without a name", `${begun}0\r\ngarbage\r\n\r\n`],
  ["an endless trailer", `${begun}0\r\nX-A: ${"a".repeat(70_000)}`],
  ["no head", "garbage\r\n\r\n"],
  ["no status", "HTTP/1.1 \r\n\r\n"],
  ["an impossible status", "HTTP/1.1 000 No\r\n\r\n"],
  ["a line without a name", "HTTP/1.1 200 OK\r\ngarbage\r\n\r\n"],
  ["an endless head", `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(300_000)}`],
])("%s is an error, and no loop (RFC 9112 §7.1)", (_name, text) => {
  expect(() => read([Buffer.from(text, "latin1")])).toThrow(MalformedResponse);
});

test("whatever is written is read to its end, or an error", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "HTTP/1.1 ",
      "200 OK",
      "102 Processing",
      "\r\n",
      "\r",
      "\n",
      "0",
      "5",
      "a",
      ":",
      ";",
      "X-A: b",
    ),
    fc.constantFrom("Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 3\r\n\r\n", begun, chunked),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      try {
        read(parts.map((piece) => Buffer.from(piece, "latin1")));
      } catch (error) {
        if (!(error instanceof MalformedResponse)) throw error;
      }
    }),
  );
});
