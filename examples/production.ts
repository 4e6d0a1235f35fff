/** A service as docs/reference/middleware.md has it in production: a journal on disk, a log, metrics, and a way to stop. */
import { createServer, type Server } from "node:http";
import { lmdbJournal } from "@meanwhile/journal-lmdb";
import { processing } from "@meanwhile/middleware/express";
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
  const slow = processing({ journal, front: "nginx", origin, logger, metrics: register });

  const app = express();
  app.use(slow);
  app.post("/reports/:id", report);
  app.get("/metrics", async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  });
  const server = createServer(app);

  async function stop(): Promise<void> {
    server.close();
    await slow.close();
    server.closeIdleConnections();
  }
  process.once("SIGTERM", stop);
  return { server, stop };
}
