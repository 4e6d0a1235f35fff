/** A server that sends as many interim responses as the URL asks for, as fast as the connection takes them. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp1, type Server } from "node:http";
import { createServer as createHttp2, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "../certificate.ts";

export type Protocol = "HTTP/1.1" | "HTTP/1.1 with TLS" | "HTTP/2" | "HTTP/2 with TLS";

export interface InterimServer {
  /** With a slash at its end. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** What is asked for: `/?interims=200&bytes=100`. Every tenth interim response has a field of that length, the others a short one. */
interface Wish {
  readonly interims: number;
  readonly bytes: number;
}

function wishOf(url: string): Wish {
  const { searchParams } = new URL(url, "http://localhost");
  return { interims: Number(searchParams.get("interims")), bytes: Number(searchParams.get("bytes")) };
}

function fieldsOf(index: number, { interims, bytes }: Wish): Record<string, string> {
  return { progress: `${index}/${interims}`, "x-filling": "x".repeat(index % 10 === 0 ? bytes : 10) };
}

/** The final response says how many there were. */
export async function startInterimServer(
  protocol: Protocol,
  certificate?: Certificate,
): Promise<InterimServer> {
  const tls = certificate && {
    cert: readFileSync(certificate.certificate),
    key: readFileSync(certificate.key),
  };
  const server = serverOf(protocol, tls);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}/`,
    port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

function serverOf(protocol: Protocol, tls: Tls | undefined): Server | ReturnType<typeof createHttp2> {
  switch (protocol) {
    case "HTTP/1.1":
      return createHttp1().on("request", answerHttp1);
    case "HTTP/1.1 with TLS":
      return createHttps(tls ?? {}).on("request", answerHttp1);
    case "HTTP/2":
      return createHttp2().on("stream", answerHttp2);
    case "HTTP/2 with TLS":
      return createSecureServer(tls ?? {}).on("stream", answerHttp2);
  }
}

/** Byte by byte, for Node's own `writeProcessing` takes no fields. */
const answerHttp1 = async (
  request: { readonly url?: string; readonly socket: Socket; resume(): unknown },
  response: { end(text: string): unknown },
): Promise<void> => {
  request.resume();
  const wish = wishOf(request.url ?? "");
  const { socket } = request;
  for (let index = 1; index <= wish.interims && !socket.destroyed; index += 1) {
    const lines = Object.entries(fieldsOf(index, wish)).map(([name, value]) => `${name}: ${value}\r\n`);
    if (!socket.write(`HTTP/1.1 102 Processing\r\n${lines.join("")}\r\n`)) {
      await untilWritable(socket);
    }
  }
  response.end(`after ${wish.interims}`);
};

function untilWritable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off("drain", go);
      socket.off("close", go);
      resolve();
    };
    socket.on("drain", go);
    socket.on("close", go);
  });
}

const answerHttp2 = async (stream: ServerHttp2Stream, headers: { ":path"?: string }): Promise<void> => {
  stream.on("error", () => undefined);
  stream.resume();
  const wish = wishOf(headers[":path"] ?? "");
  for (let index = 1; index <= wish.interims && !stream.destroyed; index += 1) {
    stream.additionalHeaders({ ":status": 102, ...fieldsOf(index, wish) });
    // What is sent leaves in between, rather than being heaped up.
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (stream.destroyed) return;
  stream.respond({ ":status": 200 });
  stream.end(`after ${wish.interims}`);
};
