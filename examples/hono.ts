/** Hono on `@hono/node-server`: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type HonoEnvironment, processing } from "@meanwhile/middleware/hono";
import { Hono } from "hono";
import { packTree } from "./pack-tree.ts";

export function honoApp(root: string): Server {
  const app = new Hono<HonoEnvironment>();
  app.use(processing());
  app.post("/packs", async (c) => c.json(await packTree(root, c.get("operation")), 201));
  return createServer(getRequestListener(app.fetch));
}
