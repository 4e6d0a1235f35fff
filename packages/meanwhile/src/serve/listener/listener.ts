/** The socket side of the server: HTTP/1.1, or HTTP/2 and HTTP/1.1 over TLS, with the limits of both. */
import { createServer, type Server } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { errorDocument } from "@meanwhile/dav/xml";
import { answerClientErrors, type ClientErrorOptions } from "@meanwhile/interim/internal";
import { type CommandError, failed } from "../../command-error.ts";
import { formatHostPort, type HostPort } from "../../options/host-port.ts";
import type { OpenFolder } from "../open-folder.ts";
import { clientIdleMs } from "./client-idle.ts";
import { answerConnect } from "./connect-requests.ts";
import { watchHttp1Connections } from "./http1-connections.ts";
import { watchHttp2Sessions } from "./http2-sessions.ts";
import type { TlsFiles } from "./tls.ts";

export interface ListenerOptions {
  readonly listen: HostPort;
  readonly tls: TlsFiles | undefined;
  /** How long a client may stop taking part; milliseconds. */
  readonly idleMs?: number;
  /** Connections at once; more are closed at once. Default: as many as come. */
  readonly mostConnections?: number;
  /** Told of what the HTTP/1.1 parser does not take, and was answered with a status. */
  readonly onRefused?: NonNullable<ClientErrorOptions["told"]>;
  /** Told what went wrong with taking a connection; the others go on. */
  readonly onError?: (error: Error) => void;
}

export interface Listener {
  /** `http://HOST:PORT/`, with the real port. */
  readonly url: string;
  /** Takes no new connections, and ends each after its last response. Resolves when all have ended. */
  stop(): Promise<void>;
  /** Ends all connections at once. */
  cut(): void;
}

/** How long the head of a request may take; in milliseconds. */
const headMs = 30_000;
/** How long an HTTP/1.1 connection is kept for a next request; in milliseconds. */
const keepAliveMs = 65_000;
/** Requests at once on one HTTP/2 connection. */
const mostStreams = 128;

/** @throws {CommandError} where the address cannot be listened on */
export async function listen(handler: OpenFolder["handler"], options: ListenerOptions): Promise<Listener> {
  const { tls, idleMs = clientIdleMs } = options;
  const secure = tls === undefined ? undefined : secureServer(tls);
  const server = secure ?? plainServer();
  if (options.mostConnections !== undefined) server.maxConnections = options.mostConnections;
  server.once("drop", () => options.onError?.(new Error("there are too many connections; more are closed")));
  const connections = watchHttp1Connections(server, idleMs);
  const sessions = secure && watchHttp2Sessions(secure, idleMs);
  server.on("request", handler);
  // The handler sends 100 Continue itself, when it wants the content.
  server.on("checkContinue", handler);
  answerClientErrors(server, {
    content: ({ status }) => ({ type: "application/xml; charset=utf-8", text: refusalDocument(status) }),
    told: (refusal) => options.onRefused?.(refusal),
  });
  answerConnect(server, handler);

  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => reject(cannotListen(options.listen, error));
    server.once("error", refuse);
    server.listen(options.listen.port, options.listen.host, () => {
      server.off("error", refuse);
      server.on("error", options.onError ?? (() => {}));
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `${secure === undefined ? "http" : "https"}://${formatHostPort({ host: address, port })}/`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.wind();
      sessions?.wind();
      await closed;
      // Node counts a connection as closed before those who listen for its end hear of it.
      await connections.gone();
    },
    cut: () => connections.cut(),
  };
}

const http1Limits = {
  // Uploads may take hours; that they go on is watched connection by connection.
  requestTimeout: 0,
  headersTimeout: headMs,
  connectionsCheckingInterval: 5000,
  keepAliveTimeout: keepAliveMs,
};

function plainServer(): Server {
  return createServer({ ...http1Limits, insecureHTTPParser: false });
}

function secureServer(tls: TlsFiles): Http2SecureServer {
  const server = createSecureServer({
    ...tls,
    allowHTTP1: true,
    handshakeTimeout: headMs,
    // In megabytes. Against floods of resets and of bad frames Node's own limits stand.
    maxSessionMemory: 10,
    settings: { maxConcurrentStreams: mostStreams },
  });
  // Its HTTP/1.1 side has the same limits, but takes them only afterwards.
  return Object.assign(server, http1Limits);
}

/** As the server's other errors have it. */
function refusalDocument(status: number): string {
  return errorDocument(undefined, sentences.get(status) ?? "the request is malformed");
}

const sentences: ReadonlyMap<number, string> = new Map([
  [408, "the request did not come in time"],
  [413, "the chunk extensions of the content are too large"],
  [431, "the head of the request is too large"],
  [501, "the method is not known"],
]);

function cannotListen(listen: HostPort, error: NodeJS.ErrnoException): CommandError {
  const where = formatHostPort(listen);
  switch (error.code) {
    case "EADDRINUSE":
      return failed(`${where} is in use by another program; choose another address with --listen`, error);
    case "EACCES":
      return failed(`${where} may not be listened on (ports below 1024 need privileges)`, error);
    case "EADDRNOTAVAIL":
      return failed(`${where} is not an address of this machine`, error);
    default:
      return failed(`cannot listen on ${where}: ${error.message}`, error);
  }
}
