/** Clients for tests: HTTP/1.1 on a raw socket, byte for byte, and HTTP/2 by its frames. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect } from "node:net";
import { fieldOf, Http1Reader, type ReadHead } from "../../../interim/src/testing/http1-reader.ts";

export interface SeenHead {
  readonly status: number;
  /** Empty over HTTP/2. */
  readonly reason: string;
  /** Names in lower case; several lines as several pairs. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface Seen extends SeenHead {
  readonly interims: readonly SeenHead[];
  readonly content: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

export interface Sent {
  /** The next head, interim or final. */
  head(): Promise<SeenHead>;
  /** The whole final response; rejects where the connection ended before. */
  response(): Promise<Seen>;
  /** Breaks off. */
  leave(): Promise<void>;
  /** The rest of the request's content, where its Content-Length announced more. */
  rest(content: string): void;
}

export type Fields = Readonly<Record<string, string>>;

export interface TestClient {
  send(method: string, path: string, fields?: Fields, content?: string): Sent;
  close(): void;
}

export const field: (head: SeenHead, name: string) => string | undefined = fieldOf;

/** One connection; what is sent while another is under way is pipelined. */
export function http1Client(port: number): TestClient {
  const socket = connect(port, "127.0.0.1");
  const reader = new Http1Reader(socket);
  let last: Promise<unknown> = Promise.resolve();
  return {
    send(method, path, fields = {}, content) {
      const all: Record<string, string> = { Host: "api.example", ...fields };
      if (content !== undefined) all["Content-Length"] ??= String(Buffer.byteLength(content));
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${content ?? ""}`);
      const before = last;
      const heads: ReadHead[] = [];
      const head = async (): Promise<ReadHead> => {
        await before;
        const seen = await reader.head();
        heads.push(seen);
        return seen;
      };
      return {
        head,
        response() {
          const whole = (async (): Promise<Seen> => {
            let final = heads.at(-1) ?? (await head());
            while (final.status < 200) final = await head();
            const interims = heads.filter(({ status }) => status < 200);
            return { ...final, interims, ...(await reader.content(final, method)) };
          })();
          last = whole.catch(() => undefined);
          return whole;
        },
        async leave() {
          if (socket.destroyed) return;
          const closed = once(socket, "close");
          socket.resetAndDestroy();
          await closed;
        },
        rest: (content) => void socket.write(content),
      };
    },
    close: () => socket.destroy(),
  };
}

export function http2Client(port: number): TestClient {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  return {
    send: (method, path, fields = {}, content) => http2Request(session, method, path, fields, content),
    close: () => session.destroy(),
  };
}

function http2Request(
  session: ClientHttp2Session,
  method: string,
  path: string,
  fields: Fields,
  content: string | undefined,
): Sent {
  const stream = session.request(
    { ...fields, ":method": method, ":path": path, ":authority": "api.example" },
    { endStream: content === undefined },
  );
  stream.on("error", () => undefined);
  if (content !== undefined) {
    const announced = Number(fields["Content-Length"] ?? 0);
    if (announced > Buffer.byteLength(content)) stream.write(content);
    else stream.end(content);
  }
  const heads: SeenHead[] = [];
  const chunks: Buffer[] = [];
  const trailers: (readonly [string, string])[] = [];
  let next = 0;
  let wake: () => void = () => undefined;
  const take = (headers: IncomingHttpHeaders): void => {
    heads.push({ status: Number(headers[":status"]), reason: "", fields: pairs(headers) });
    wake();
  };
  stream.on("headers", take).on("response", take);
  stream.on("trailers", (headers) => trailers.push(...pairs(headers)));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = ending(stream);
  ended.finally(() => wake()).catch(() => undefined);
  return {
    async head() {
      while (heads.length <= next) {
        if (stream.closed) throw new Error("the stream ended");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      next += 1;
      return heads[next - 1] as SeenHead;
    },
    async response() {
      await ended;
      const final = heads.find(({ status }) => status >= 200);
      if (!final) throw new Error("the stream ended without a final response");
      const interims = heads.filter(({ status }) => status < 200);
      return { ...final, interims, content: Buffer.concat(chunks), trailers };
    },
    async leave() {
      if (stream.closed) return;
      const closed = once(stream, "close");
      stream.close(constants.NGHTTP2_CANCEL);
      await closed;
    },
    rest: (content) => void stream.end(content),
  };
}

function ending(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("close", () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) resolve();
      else reject(new Error(`the stream was reset: ${stream.rstCode}`));
    });
  });
}

function pairs(headers: IncomingHttpHeaders): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(":") ? [] : [value ?? ""].flat().map((item): readonly [string, string] => [name, item]),
  );
}
