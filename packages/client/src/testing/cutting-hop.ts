/** A hop between client and server that cuts connections, for tests. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingHop {
  readonly port: number;
  /** How many connections were cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/**
 * @param cutAfter asked for each new connection: after how many bytes, both ways together, it is cut; undefined: never;
 *   told how many were cut before
 */
export async function cuttingHop(
  target: number,
  cutAfter: (cuts: number) => number | undefined,
): Promise<CuttingHop> {
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    let left = cutAfter(cuts) ?? Number.POSITIVE_INFINITY;
    const relay = (from: Socket, to: Socket): void => {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("data", (bytes) => {
        left -= bytes.length;
        if (left > 0) {
          if (!to.write(bytes)) {
            from.pause();
            to.once("drain", () => from.resume());
          }
          return;
        }
        cuts += 1;
        left = Number.POSITIVE_INFINITY;
        near.resetAndDestroy();
        far.resetAndDestroy();
      });
    };
    relay(near, far);
    relay(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Numbers that look random and are the same each time (xorshift). */
export function pseudoRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
