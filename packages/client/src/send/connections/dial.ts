/** Connects to a server, through a proxy or not. */
import { request } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect as connectSecurely,
  type SecureVersion,
  type TLSSocket,
} from "node:tls";
import { ConnectionError } from "../../error/connection-error.ts";
import { connectionFailure } from "../failure.ts";
import { keepAliveMs } from "./http2-sessions.ts";
import { bare, portOf, proxyCredentials, type Route } from "./route.ts";

/** Of TLS; each means what it means in node:tls. */
export interface TlsOptions {
  /** Certificates (PEM) of authorities to trust, instead of the well-known ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The client's own certificate chain and key (PEM). */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** The name to ask for and to expect. Default: the URL's host. */
  readonly servername?: string;
  /** False: the certificate is not checked, for tests. Default: true. */
  readonly rejectUnauthorized?: boolean;
  /** Default: Node's, "TLSv1.2". */
  readonly minVersion?: SecureVersion;
}

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

/**
 * Asks a proxy for a tunnel to the origin (RFC 9110 §9.3.6).
 *
 * @throws {ConnectionError} `proxy` where it says no, `lost` where it says nothing; or the signal's reason
 */
function openTunnel(socket: Socket, route: Route, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${route.host.includes(":") ? `[${route.host}]` : route.host}:${route.port}`;
  const credentials = proxyCredentials(proxy);
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method: "CONNECT",
      path: authority,
      setHost: false,
      headers: {
        host: authority,
        "user-agent": "meanwhile",
        ...(credentials === undefined ? {} : { "proxy-authorization": credentials }),
      },
    });
    const end = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.on("error", () => {});
      socket.destroy();
      reject(reason);
    };
    const refuse = (status: number): void =>
      end(
        new ConnectionError(
          "proxy",
          status === 407
            ? `the proxy ${proxy.host} wants other credentials (407): put user and password into its URL`
            : `the proxy ${proxy.host} does not let us through to ${authority}: ${status}`,
          { mayHaveArrived: false },
        ),
      );
    const onAbort = (): void => end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    asked.once("connect", (response, tunnel, early) => {
      const status = response.statusCode ?? 0;
      // RFC 9110 §9.3.6: "Any 2xx (Successful) response indicates that the sender ... will switch to tunnel mode".
      if (status < 200 || status > 299) {
        refuse(status);
        return;
      }
      signal.removeEventListener("abort", onAbort);
      if (early.length > 0) tunnel.unshift(early);
      resolve(tunnel as Socket);
    });
    // A proxy that answers CONNECT as any other request.
    asked.once("response", (response) => refuse(response.statusCode ?? 0));
    asked.once("error", (error) =>
      end(connectionFailure(error, { mayHaveArrived: false, interims: 0 }, `the proxy ${proxy.host}`)),
    );
    asked.end();
  });
}

type Done = (error?: Error | null) => void;

/**
 * A server that does not want the rest of an upload answers (401, 413, 507) and closes. Our next write then fails
 * while its answer is still waiting to be read; and Node takes the whole socket down at once, answer included. So
 * such an error is held back until the other side's end has been read. (RFC 9112 §9.5: "A client sending a message
 * body SHOULD monitor the network connection for an error response while it is transmitting the request.")
 */
function outliveWriteErrors<S extends Socket>(socket: S): S {
  let failed = false;
  const late = (done: Done): Done => {
    return (error) => {
      if (error === undefined || error === null || socket.destroyed) {
        done(error);
        return;
      }
      failed = true;
      hold(socket, () => done(error));
    };
  };
  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, done) =>
    failed ? hold(socket, () => done()) : write(chunk, encoding, late(done));
  const writeMany = socket._writev?.bind(socket);
  if (writeMany !== undefined) {
    socket._writev = (chunks, done) => (failed ? hold(socket, () => done()) : writeMany(chunks, late(done)));
  }
  return socket;
}

/** How long the other side's last words are waited for. They are in our own machine already. */
const graceMs = 500;

function hold(socket: Socket, release: () => void): void {
  const timer = setTimeout(settle, graceMs);
  function settle(): void {
    clearTimeout(timer);
    socket.off("end", settle);
    socket.off("close", settle);
    release();
  }
  socket.once("end", settle);
  socket.once("close", settle);
}
