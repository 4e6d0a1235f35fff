/** Fastify: POST /packs packs a tree. */
import type { Server } from "node:http";
import { processing } from "@meanwhile/middleware/fastify";
import createFastify from "fastify";
import { packTree } from "./pack-tree.ts";

export async function fastifyApp(root: string): Promise<Server> {
  const app = createFastify();
  app.register(processing());
  const route = { config: { processing: { expects: "2m", idempotent: true } } } as const;
  app.post("/packs", route, async (_request, reply) => {
    const packed = await packTree(root, reply.operation);
    return reply.code(201).send(packed);
  });
  await app.ready();
  return app.server;
}
