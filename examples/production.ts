/** A service as docs/middleware.md has it in production: a journal on disk, a log, metrics, and a way to stop. */
import { createServer, type Server } from "node:http";
import { lmdbJournal } from "@meanwhile/journal-lmdb";
import { processing } from "@meanwhile/middleware/express";
import { createOperations } from "@meanwhile/operations";
import express, { type RequestHandler } from "express";
import type { Logger } from "pino";
import type { Registry } from "prom-client";

/**
 * @param state a directory of the journal's own, which outlives the process
 * @param origin how clients see the service
 */
export function productionService(
  state: string,
  origin: string,
  logger: Logger,
  register: Registry,
  report: RequestHandler,
): { readonly server: Server; stop(): Promise<void> } {
  const journal = lmdbJournal(state, { retention: { keepMs: 24 * 3_600_000 } });
  const operations = createOperations({ journal, warn: (message) => logger.warn(message) });
  const middleware = processing(operations, { front: "nginx", origin, logger, metrics: register });

  const app = express();
  app.use(middleware);
  app.post("/reports/:id", report);
  app.get("/metrics", async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  });
  const server = createServer(app);

  async function stop(): Promise<void> {
    server.close();
    if (!(await operations.drain(30_000))) operations.abandon();
    middleware.close();
    server.closeIdleConnections();
    await (await journal).close();
  }
  process.once("SIGTERM", stop);
  return { server, stop };
}
