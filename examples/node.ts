/** `node:http`: POST /packs packs a tree. */
import { createServer, type Server } from "node:http";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { packTree } from "./pack-tree.ts";

export function nodeApp(root: string): Server {
  const handler = processing();
  return createServer(
    handler(async (request, response) => {
      if (request.method !== "POST" || request.url !== "/packs") {
        response.writeHead(404).end();
        return;
      }
      const packed = await packTree(root, operationOf(response));
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify(packed));
    }),
  );
}
