/** Servers that say exactly what a test wants, on sockets. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { TestCertificate } from "../../../../interim/src/testing/certificates.ts";

export interface RawServer extends AsyncDisposable {
  readonly url: URL;
  /** All connections, in order of arrival. */
  readonly connections: readonly RawConnection[];
  /** The connection of that number, from 0 on; once it is there. */
  connection(number: number): Promise<RawConnection>;
}

export interface RawConnection {
  readonly socket: Socket;
  /** All that was received, as Latin-1. */
  readonly received: string;
  /** Once it was received; by default a request's head. */
  until(text?: string, from?: number): Promise<void>;
  /** Once it is closed. */
  readonly closed: Promise<void>;
  send(text: string | Uint8Array): void;
}

/** @param script what to do with each connection */
export async function serveRaw(
  script: (connection: RawConnection, number: number) => unknown = () => {},
  certificate?: TestCertificate,
): Promise<RawServer> {
  const connections: RawConnection[] = [];
  const waiting = new Map<number, (connection: RawConnection) => void>();
  const accept = (socket: Socket): void => {
    const connection = listen(socket);
    const number = connections.push(connection) - 1;
    waiting.get(number)?.(connection);
    void follow(script, connection, number);
  };
  const server: Server =
    certificate === undefined
      ? createServer({ noDelay: true }, accept)
      : createSecureServer({ ...certificate, ALPNProtocols: ["http/1.1"] }, accept);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}/`),
    connections,
    connection: (number) => {
      const there = connections[number];
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve) => waiting.set(number, resolve));
    },
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A script that waits for more when the test is over has nothing to tell. */
class ClosedError extends Error {}

async function follow(
  script: (connection: RawConnection, number: number) => unknown,
  connection: RawConnection,
  number: number,
): Promise<void> {
  try {
    await script(connection, number);
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
  }
}

function listen(socket: Socket): RawConnection {
  let received = "";
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  return {
    socket,
    closed,
    get received() {
      return received;
    },
    until: (text = "\r\n\r\n", from = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (received.indexOf(text, from) < 0) return;
          socket.off("data", look);
          resolve();
        };
        socket.on("data", look);
        socket.once("close", () => reject(new ClosedError(`closed before ${JSON.stringify(text)} came`)));
        look();
      }),
    send: (text) => {
      socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
    },
  };
}

/** An interim response, as on the wire. */
export function interim(status: number, ...lines: readonly string[]): string {
  return `HTTP/1.1 ${status} Interim\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** A final response with content, as on the wire. */
export function final(status: number, content: string, ...lines: readonly string[]): string {
  const fields = [`Content-Length: ${Buffer.byteLength(content, "latin1")}`, ...lines];
  return `HTTP/1.1 ${status} Final\r\n${fields.map((line) => `${line}\r\n`).join("")}\r\n${content}`;
}
