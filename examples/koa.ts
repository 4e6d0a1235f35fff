/** Koa: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { operationOf, processing } from "@meanwhile/middleware/koa";
import Koa from "koa";
import { packTree } from "./pack-tree.ts";

export function koaApp(root: string): Server {
  const app = new Koa();
  app.use(processing());
  app.use(async (context) => {
    if (context.method !== "POST" || context.path !== "/packs") return;
    context.body = await packTree(root, operationOf(context.res));
    context.status = 201;
  });
  return createServer(app.callback());
}
