/** A handler of requests and responses as `fetch` has them: POST /packs packs a tree. */
import { createServer, type Server } from "node:http"; // or node:http2
import { processing } from "@meanwhile/middleware/fetch";
import { packTree } from "./pack-tree.ts";

export function fetchApp(root: string): Server {
  return createServer(
    processing()(async (request, operation) => {
      if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
      return Response.json(await packTree(root, operation), { status: 201 });
    }),
  );
}
