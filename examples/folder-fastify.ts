/** Fastify: a folder over WebDAV at /files. */
import createFastify from "fastify";
import { serveFolder } from "meanwhile";
import type { FolderApp } from "./folder-node.ts";

export async function folderFastify(folder: string, state: string): Promise<FolderApp> {
  const app = createFastify();

  const files = await serveFolder({ folder, state, baseUrl: "/files" });
  app.addHook("onRequest", async (request, reply) => {
    if (!/^\/files(\/|$)/.test(request.url)) return;
    reply.hijack();
    files(request.raw, reply.raw);
  });
  app.addHook("onClose", () => files.close());

  app.get("/", () => "a page");
  await app.ready();
  return { server: app.server, files };
}
