/** Express: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { operationOf, type ProcessingOptions, processing } from "@meanwhile/middleware/express";
import express from "express";
import { packTree } from "./pack-tree.ts";

export function expressApp(root: string, options: ProcessingOptions = {}): Server {
  const app = express();
  app.use(processing(options));
  app.post("/packs", async (_request, response) => {
    const packed = await packTree(root, operationOf(response));
    response.status(201).json(packed);
  });
  return createServer(app);
}
