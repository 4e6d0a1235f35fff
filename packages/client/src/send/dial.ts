/** Opens connections: TCP, a tunnel through a proxy, TLS. */
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from "node:tls";
import { connectionFailure } from "./failure.ts";
import { keepAliveMs } from "./keep-alive.ts";
import { outliveWriteErrors } from "./late-writes.ts";
import type { TlsOptions } from "./requester-options.ts";
import { bare, portOf, type Route } from "./route.ts";
import { openTunnel } from "./tunnel.ts";

export type ApplicationProtocol = "h2" | "http/1.1";

/**
 * Opens a connection along the route, ready to be written to: through a tunnel for https behind a proxy (RFC 9110
 * §9.3.6), to the proxy itself for http.
 *
 * @throws {ConnectionError} `name-unknown`, `refused`, `tls`, `proxy`; or the signal's reason
 */
export async function dial(
  route: Route,
  tls: TlsOptions,
  protocols: readonly ApplicationProtocol[],
  signal: AbortSignal,
): Promise<Socket | TLSSocket> {
  signal.throwIfAborted();
  const { proxy, host, port } = route;
  if (proxy === undefined) {
    const socket = await plain({ host, port, place: authority(host, port) }, signal);
    return route.secure ? await secure(socket, host, tls, protocols, signal) : outliveWriteErrors(socket);
  }
  const proxyHost = bare(proxy.hostname);
  const place = `the proxy ${authority(proxyHost, portOf(proxy))}`;
  let socket = await plain({ host: proxyHost, port: portOf(proxy), place }, signal);
  if (proxy.protocol === "https:") socket = await secure(socket, proxyHost, {}, ["http/1.1"], signal);
  if (!route.secure) return outliveWriteErrors(socket);
  const tunnel = await openTunnel(socket, route, proxy, signal);
  return await secure(tunnel, host, tls, protocols, signal);
}

interface Peer {
  readonly host: string;
  readonly port: number;
  /** In the words of an error. */
  readonly place: string;
}

function authority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function plain({ host, port, place }: Peer, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    // Node gives each of several addresses 250 ms only, which is less than a way around the world takes.
    autoSelectFamilyAttemptTimeout: 2000,
  });
  return ready(socket, "connect", { host, place }, signal);
}

function secure(
  socket: Socket,
  host: string,
  tls: TlsOptions,
  protocols: readonly ApplicationProtocol[],
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { servername = isIP(host) === 0 ? host : undefined, ...rest } = tls;
  const options: ConnectionOptions = {
    ...(rest as ConnectionOptions),
    socket,
    // Against which the certificate is checked where there is no servername: an address has none (RFC 6066 §3).
    host,
    ...(servername === undefined ? {} : { servername }),
    ALPNProtocols: [...protocols],
  };
  let secured: TLSSocket;
  try {
    secured = connectSecurely(options);
  } catch (error) {
    // A certificate or key of ours that cannot be read.
    socket.destroy();
    return Promise.reject(connectionFailure(error, { mayHaveArrived: false, interims: 0 }, host));
  }
  return ready(secured, "secureConnect", { host, place: host }, signal).then(outliveWriteErrors);
}

/** Waits until it is connected, or failed. */
function ready<S extends Socket>(
  socket: S,
  event: string,
  { host, place }: Omit<Peer, "port">,
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off(event, onReady);
      socket.off("error", onError);
      socket.off("close", onClose);
      signal.removeEventListener("abort", onAbort);
    };
    const onReady = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (error: unknown): void => {
      settle();
      // What else goes wrong on it while it is taken down is of no interest.
      socket.on("error", () => {});
      socket.destroy();
      reject(connectionFailure(error, { mayHaveArrived: false, interims: 0 }, host, place));
    };
    const onClose = (): void => onError(new Error("closed while it was being set up"));
    const onAbort = (): void => {
      settle();
      socket.on("error", () => {});
      socket.destroy();
      reject(signal.reason);
    };
    socket.once(event, onReady);
    socket.once("error", onError);
    socket.once("close", onClose);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
