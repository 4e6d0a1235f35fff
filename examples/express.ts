/** Express: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { operationOf, processing } from "@meanwhile/middleware/express";
import express from "express";
import { packTree } from "./pack-tree.ts";

export function expressApp(root: string): Server {
  const app = express();
  app.use(processing());
  app.post("/packs", async (_request, response) => {
    const packed = await packTree(root, operationOf(response));
    response.status(201).json(packed);
  });
  return createServer(app);
}
