import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Where a connection is cut: after so many bytes of one direction, or so long after it was made. */
export type Cut =
  | { readonly afterRequestBytes: number }
  | { readonly afterResponseBytes: number }
  | { readonly afterMs: number };

/** Who is shown the bytes that go through. */
export interface Taps {
  readonly request?: (bytes: Buffer) => void;
  readonly response?: (bytes: Buffer) => void;
}

/** A relay of bytes between clients and a server that cuts connections. It understands nothing. */
export interface CuttingProxy {
  /** Where clients connect to, with a slash at its end. */
  readonly url: string;
  /** Cuts the next connections, each as said, the first first; those after them go through. */
  cut(cuts: readonly Cut[]): void;
  /** Cuts all connections that there are. */
  cutAll(): void;
  /** How many connections were cut since it was started. */
  readonly cuts: number;
  stop(): Promise<void>;
}

/** Starts it on 127.0.0.1 before a server there. Both ends of a connection that it cuts are reset. */
export async function startCuttingProxy(serverPort: number, taps: Taps = {}): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const resets = new Set<() => void>();
  let planned: Cut[] = [];
  let cuts = 0;
  const proxy = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    const cut = planned.shift();
    const reset = (): void => {
      if (client.destroyed || server.destroyed) return;
      cuts += 1;
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    resets.add(reset);
    client.on("close", () => resets.delete(reset));
    if (cut !== undefined && "afterMs" in cut) setTimeout(reset, cut.afterMs).unref();
    relay(
      client,
      server,
      cut !== undefined && "afterRequestBytes" in cut ? cut.afterRequestBytes : undefined,
      reset,
      taps.request,
    );
    relay(
      server,
      client,
      cut !== undefined && "afterResponseBytes" in cut ? cut.afterResponseBytes : undefined,
      reset,
      taps.response,
    );
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    cut(next) {
      planned = [...next];
    },
    cutAll() {
      for (const reset of resets) reset();
    },
    get cuts() {
      return cuts;
    },
    async stop() {
      const closed = once(proxy, "close");
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Passes bytes on, up to `most` of them: then the connection is reset. */
function relay(
  from: Socket,
  to: Socket,
  most: number | undefined,
  reset: () => void,
  tap: ((bytes: Buffer) => void) | undefined,
): void {
  let passed = 0;
  from.setNoDelay(true);
  from.on("data", (chunk) => {
    const left = most === undefined ? chunk.length : most - passed;
    passed += chunk.length;
    if (left > 0) tap?.(chunk.subarray(0, left));
    if (left > 0 && !to.destroyed && !to.write(chunk.subarray(0, left))) {
      // What is cut was on its way, and not in here.
      from.pause();
      to.once("drain", () => from.resume());
    }
    if (most !== undefined && passed >= most) reset();
  });
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
