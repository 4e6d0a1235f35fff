import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { DavError } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { HttpContent, takeContent } from "./request-content.ts";
import { RequestFields } from "./request-fields.ts";

/** What a server has of each request's content some turns after its head, and what it reads then. */
async function serve() {
  const seen: { atHand: string | undefined; taken: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      await Promise.resolve();
      const content = new HttpContent({ request, response }, new RequestFields(request.headers));
      let taken = "";
      try {
        const atHand = content.atHand?.();
        await takeContent({ atHand: () => atHand, stream: () => content.stream() }, (piece) => {
          taken += Buffer.from(piece).toString();
        });
        seen.push({ atHand: atHand === undefined ? undefined : Buffer.from(atHand).toString(), taken });
      } catch (error) {
        seen.push({ atHand: error instanceof DavError ? String(error.status) : String(error), taken });
      }
      response.end();
    })();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const send = async (...pieces: string[]): Promise<void> => {
    const [first, ...others] = pieces;
    socket.write(first ?? "");
    for (const piece of others) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.write(piece);
    }
    await once(socket, "data");
  };
  return { seen, send };
}

const head = (fields: string): string => `PUT / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`;

test("short content that came with the head is at hand; what comes later, or in chunks, is streamed", async () => {
  const { seen, send } = await serve();
  await send(`${head("Content-Length: 5")}hello`);
  await send(head("Content-Length: 5"), "hel", "lo");
  await send(`${head("Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`);
  await send(head("Content-Length: 0"));
  expect(seen).toEqual([
    { atHand: "hello", taken: "hello" },
    { atHand: undefined, taken: "hello" },
    { atHand: undefined, taken: "hello" },
    { atHand: "", taken: "" },
  ]);
});

test("content with a coding is refused at hand, too", async () => {
  const { seen, send } = await serve();
  await send(`${head("Content-Encoding: gzip\r\nContent-Length: 5")}hello`);
  expect(seen).toEqual([{ atHand: "415", taken: "" }]);
});
