/** The first program of README.md. */
import type { RequestListener } from "node:http";
import { processing } from "@meanwhile/middleware/express";
import express from "express";

export function firstApp(): RequestListener {
  const app = express();
  app.use(processing()); // before whatever reads bodies
  app.post("/reports", async (_request, response) => {
    await new Promise((done) => setTimeout(done, 30_000));
    response.json({ url: "/reports/42" });
  });

  return app;
}

export function listen(app: { listen(port: number): unknown }): void {
  app.listen(3000);
}
