/** Express: a folder over WebDAV at /files, for the users of a file. */
import { createServer } from "node:http";
import express from "express";
import { serveFolder } from "meanwhile";
import type { FolderApp } from "./folder-node.ts";

export async function folderExpress(folder: string, state: string, users: string): Promise<FolderApp> {
  const app = express();

  const files = await serveFolder({ folder, state, users });
  app.use("/files", files); // before whatever reads bodies

  app.get("/", (_request, response) => void response.send("a page"));
  return { server: createServer({ requestTimeout: 0 }, app), files };
}
