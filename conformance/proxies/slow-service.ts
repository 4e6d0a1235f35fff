import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type HandlerOperation,
  operationOf,
  type ProcessingOptions,
  processing,
} from "@meanwhile/middleware/node";

/** A service within this process whose work takes as long as a test wants. */
export interface SlowService {
  readonly port: number;
  /** How many times the work was begun. */
  readonly runs: number;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port of 127.0.0.1. What it answers at the end of the work is 201 with `{"made":true}`.
 */
export async function startSlowService(
  options: ProcessingOptions,
  work: (operation: HandlerOperation) => Promise<void>,
): Promise<SlowService> {
  let runs = 0;
  const service = processing(options);
  const server = createServer(
    service(async (_request, response) => {
      runs += 1;
      await work(operationOf(response));
      response.writeHead(201, { "Content-Type": "application/json" }).end('{"made":true}');
    }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get runs() {
      return runs;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      service.close();
    },
  };
}
