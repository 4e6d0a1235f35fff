/** A hop between client and server, on a port of its own, that does to connections what a test wants. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface RelayingHop {
  readonly port: number;
  /** How often bytes of the server were passed on. */
  readonly passed: number;
  /** Cuts all connections that there are. */
  cut(): void;
  /** Nobody listens any more, and all connections are gone, until it is opened again on the same port. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param relays whether bytes from the server are passed on; where not, the connection is cut after those that are
 *   returned
 */
export async function relayingHop(
  target: number,
  relays: (bytes: Buffer) => Buffer | true = () => true,
): Promise<RelayingHop> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  let passes = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const open = async (): Promise<void> => {
    server = createServer((near) => {
      const far = connect(target, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
      }
      near.on("data", (bytes) => far.write(bytes));
      far.on("data", (bytes) => {
        const passed = relays(bytes);
        passes += 1;
        if (passed === true) near.write(bytes);
        else near.end(passed, () => far.resetAndDestroy());
      });
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  };
  const shut = async (): Promise<void> => {
    const closed = server && once(server, "close");
    server?.close();
    server = undefined;
    cut();
    await closed;
  };
  await open();
  return {
    get port() {
      return port;
    },
    get passed() {
      return passes;
    },
    cut,
    shut,
    open,
    close: shut,
  };
}
