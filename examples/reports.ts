/** A slow route as docs/start/middleware.md begins with it. */
import { createServer, type Server } from "node:http";
import { operationOf, processing } from "@meanwhile/middleware/express";
import express, { type RequestHandler } from "express";

/** @param build makes the report of one row */
export function reportsApp(
  authenticate: RequestHandler,
  rows: readonly string[],
  build: (row: string) => Promise<void>,
): Server {
  const app = express();
  app.use(authenticate);
  app.use(processing()); // before whatever reads bodies
  app.use(express.json());

  app.post("/reports", async (_request, response) => {
    const operation = operationOf(response);
    for (const [index, row] of rows.entries()) {
      await build(row);
      operation.progress(index + 1, rows.length, "rows");
    }
    response.json({ url: "/reports/42" });
  });
  return createServer(app);
}
