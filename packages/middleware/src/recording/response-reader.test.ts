import fc from "fast-check";
import { expect, test } from "vitest";
import { ResponseReader } from "./response-reader.ts";

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
