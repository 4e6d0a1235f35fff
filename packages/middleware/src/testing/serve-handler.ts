/** A handler behind `processing()` of `./node`, over either protocol, and clients of it. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Operations } from "@meanwhile/operations";
import { onTestFinished } from "vitest";
import { type NodeHandler, type ProcessingOptions, processing } from "../node.ts";
import { http1Client, http2Client, type TestClient } from "./raw-client.ts";

export const protocols = ["HTTP/1.1", "HTTP/2"] as const;

/** Serves it until the test has finished. @returns makes a new connection */
export async function serveHandler(
  protocol: (typeof protocols)[number],
  operations: Operations,
  handler: NodeHandler,
  options: ProcessingOptions = {},
): Promise<() => TestClient> {
  const listener = processing({ operations, ...options })(handler);
  const server = protocol === "HTTP/2" ? createHttp2Server(listener) : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => void server.close());
  return () => {
    const client = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
    onTestFinished(() => client.close());
    return client;
  };
}
