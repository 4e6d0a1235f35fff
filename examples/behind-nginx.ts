/** Express behind nginx: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { operationOf, processing } from "@meanwhile/middleware/express";
import express from "express";
import { packTree } from "./pack-tree.ts";

export function behindNginxApp(root: string): Server {
  const app = express();
  app.use(processing({ front: "nginx", origin: "https://api.example.com" }));
  app.post("/packs", async (_request, response) => {
    const packed = await packTree(root, operationOf(response));
    response.status(201).json(packed);
  });
  return createServer(app);
}
