/**
 * A bare node:http server that does what each method asks for and nothing else: no locks, no properties, no conditions,
 * no limits, no care. What a server on Node can reach at best.
 *
 *   node bare-node.mjs FOLDER PORT [--sync]    --sync: each change is synced, file and directory, before its answer
 */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";

const [folder, port, sync] = process.argv.slice(2);
const syncPath = (path) => {
  if (sync === undefined) return;
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
};
const pathOf = (url) => join(folder, decodeURIComponent(new URL(url, "http://localhost").pathname));
const chunkBytes = 256 * 1024;

const methods = {
  GET(path, response) {
    const fd = openSync(path, "r");
    const { size, mtime } = fstatSync(fd);
    response.writeHead(200, {
      "Content-Length": size,
      "Last-Modified": mtime.toUTCString(),
      ETag: `"${size}-${+mtime}"`,
    });
    const chunk = Buffer.allocUnsafe(Math.min(size, chunkBytes));
    const send = (at) => {
      const bytes = readSync(fd, chunk, 0, chunk.length, at);
      const last = at + bytes >= size;
      if (last) closeSync(fd);
      if (last) response.end(chunk.subarray(0, bytes));
      else response.write(chunk.subarray(0, bytes), () => send(at + bytes));
    };
    send(0);
  },
  PUT(path, response, request) {
    const fd = openSync(`${path}.part`, "w");
    request.on("data", (chunk) => writeSync(fd, chunk));
    request.on("end", () => {
      if (sync !== undefined) fsyncSync(fd);
      closeSync(fd);
      renameSync(`${path}.part`, path);
      syncPath(dirname(path));
      response.writeHead(201).end();
    });
  },
  MKCOL(path, response) {
    mkdirSync(path);
    syncPath(dirname(path));
    response.writeHead(201).end();
  },
  DELETE(path, response) {
    rmSync(path, { recursive: true });
    syncPath(dirname(path));
    response.writeHead(204).end();
  },
  MOVE(path, response, request) {
    const to = pathOf(request.headers.destination);
    renameSync(path, to);
    syncPath(dirname(path));
    if (dirname(to) !== dirname(path)) syncPath(dirname(to));
    response.writeHead(201).end();
  },
  COPY(path, response, request) {
    const to = pathOf(request.headers.destination);
    copyFileSync(path, `${to}.part`);
    syncPath(`${to}.part`);
    renameSync(`${to}.part`, to);
    syncPath(dirname(to));
    response.writeHead(201).end();
  },
  PROPFIND(path, response, request) {
    const members = request.headers.depth === "0" ? [] : readdirSync(path);
    const markup = ["", ...members].map((name) => {
      const stats = lstatSync(join(path, name));
      return `<D:response><D:href>/${name}</D:href><D:propstat><D:prop><D:getcontentlength>${stats.size}</D:getcontentlength><D:getlastmodified>${stats.mtime.toUTCString()}</D:getlastmodified><D:getetag>"${stats.size}-${+stats.mtime}"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
    });
    response.writeHead(207, { "Content-Type": "application/xml" });
    response.end(`<D:multistatus xmlns:D="DAV:">${markup.join("")}</D:multistatus>`);
  },
};

createServer((request, response) => {
  const method = methods[request.method];
  if (method === undefined) response.writeHead(501).end();
  else method(pathOf(request.url), response, request);
}).listen(Number(port), "127.0.0.1");
