/** A folder over WebDAV with `node:http`: all of it, or below a path beside pages of one's own. */
import { createServer, type Server } from "node:http";
import { type FolderHandler, serveFolder } from "meanwhile";

export interface FolderApp {
  readonly server: Server;
  readonly files: FolderHandler;
}

export async function folderServer(folder: string, state: string): Promise<FolderApp> {
  const files = await serveFolder({ folder, state });
  const server = createServer({ requestTimeout: 0 }, files).on("checkContinue", files);

  return { server, files };
}

export async function folderBesidePages(folder: string, state: string): Promise<FolderApp> {
  const files = await serveFolder({ folder, state, baseUrl: "/files" });
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    if (/^\/files(\/|$)/.test(request.url ?? "")) files(request, response);
    else response.end("a page");
  });

  return { server, files };
}

/** Ends both: open connections, then long requests, then the state. */
export async function stop({ server, files }: FolderApp): Promise<void> {
  server.close();
  await files.close();
}
