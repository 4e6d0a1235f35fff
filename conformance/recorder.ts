import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A relay of bytes between a client and a server, which keeps what the server sent. It understands nothing. */
export interface Recorder {
  /** Where clients connect to, with a slash at its end. */
  readonly url: string;
  /** All that the server sent since the last call, on all connections, in Latin-1. */
  take(): string;
  stop(): Promise<void>;
}

/** Starts a relay on 127.0.0.1 before a server there. */
export async function startRecorder(serverPort: number): Promise<Recorder> {
  const sockets = new Set<Socket>();
  let chunks: Buffer[] = [];
  const relay = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    server.on("data", (chunk) => chunks.push(chunk));
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port } = relay.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    take() {
      const taken = Buffer.concat(chunks).toString("latin1");
      chunks = [];
      return taken;
    },
    async stop() {
      const closed = once(relay, "close");
      relay.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** How many `102 Processing` are in what a server sent over HTTP/1.1. */
export function interimsIn(sent: string): number {
  return sent.match(/^HTTP\/1\.1 102 /gm)?.length ?? 0;
}
