/** Uploads that are cut on their way to a server that keeps what arrived, as dufs does. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../create-client.ts";
import type { Surroundings } from "../../repeat/surroundings.ts";
import { leastResumable } from "./resuming-upload.ts";

const total = leastResumable + 12_345;
const content = new Uint8Array(total).map((_, index) => (index * 31 + (index >> 9)) & 0xff);

/** One resource. Its connections end when so many bytes are there. */
class Keeper {
  readonly bytes = Buffer.alloc(total);
  length = 0;
  received = 0;
  readonly methods: string[] = [];
  readonly #cuts: number[];
  #version = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(cuts: readonly number[]) {
    this.#cuts = cuts.toSorted((one, other) => one - other);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    const { method = "", headers } = request;
    this.methods.push(method);
    const etag = `"${this.#version}"`;
    response.on("error", () => undefined);
    if (headers["if-match"] !== undefined && headers["if-match"] !== etag)
      return void response.writeHead(412).end();
    switch (method) {
      case "OPTIONS":
        return void response.writeHead(200, { DAV: "1, 2, sabredav-partialupdate" }).end();
      case "HEAD":
        return void response.writeHead(200, { ETag: etag, "Content-Length": this.length }).end();
      case "GET": {
        const [start = 0, end = 0] = (headers.range?.match(/\d+/g) ?? []).map(Number);
        const range = `bytes ${start}-${end}/${this.length}`;
        const fields = { ETag: etag, "Content-Range": range, "Content-Length": end - start + 1 };
        return void response.writeHead(206, fields).end(this.bytes.subarray(start, end + 1));
      }
      case "PUT":
        this.length = 0;
        return this.#receive(request, response, 0);
      default:
        return this.#receive(request, response, Number(/\d+/.exec(String(headers["x-update-range"]))));
    }
  }

  async #receive(request: IncomingMessage, response: ServerResponse, start: number): Promise<void> {
    let at = start;
    try {
      for await (const piece of request as AsyncIterable<Buffer>) {
        this.received += piece.length;
        const [cut = Number.POSITIVE_INFINITY] = this.#cuts;
        const part = piece.subarray(0, cut - at);
        part.copy(this.bytes, at);
        at += part.length;
        this.length = Math.max(this.length, at);
        this.#version += 1;
        if (at < cut) continue;
        this.#cuts.shift();
        request.socket.destroy();
        return;
      }
    } catch {
      // The client left; what came is kept.
      return;
    }
    response.writeHead(204).end();
  }
}

let keeper: Keeper | undefined;
afterEach(() => keeper?.close());

test("cut at 10 random places, an upload arrives whole, and little of it is sent twice", async () => {
  const cuts = Array.from({ length: 10 }, () => 1 + Math.floor(Math.random() * (total - 1)));
  keeper = new Keeper(cuts);
  const client = createClient(await keeper.listen(), { surroundings: atOnce });
  const request = client.put("a", content);
  const sent: number[] = [];
  for await (const { stage, done } of request.progress) if (stage === "sending") sent.push(done);
  const { created } = await request.outcome;
  await client.close();
  const told = `cut at ${cuts.join(", ")}`;
  expect(created, told).toBe(false);
  expect(keeper.length, told).toBe(total);
  expect(Buffer.compare(keeper.bytes, content), told).toBe(0);
  expect(
    keeper.methods.filter((method) => method === "PUT"),
    told,
  ).toEqual(["PUT"]);
  expect(keeper.received, told).toBeLessThan(total * 1.2);
  expect(sent, told).toEqual(sent.toSorted((one, other) => one - other));
}, 60_000);

/** Nobody waits before coming back. */
const atOnce: Surroundings = {
  now: () => performance.now(),
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
  random: Math.random,
  newKey: () => crypto.randomUUID(),
};
