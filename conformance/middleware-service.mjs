/**
 * A service with the middleware on a durable journal, to be killed: `node middleware-service.mjs STATE PORT`.
 * It answers at once; /stuck only where STUCK is unset. Each answer names the process that made it. Tells on its output
 * where it listens, and each handler that begins, with its key.
 */
import { createServer } from "node:http";
import { lmdbJournal } from "@meanwhile/journal-lmdb";
import { processing } from "@meanwhile/middleware/node";

const [state = "", port = "0"] = process.argv.slice(2);
const middleware = processing({
  journal: lmdbJournal(state),
  interim: "asked",
  closeWithin: "100ms",
  warn: (message) => console.error(message),
});

const server = createServer(
  middleware((request, response) => {
    console.log(`began ${request.method} ${request.url} ${request.headers["idempotency-key"] ?? ""}`);
    if (request.url === "/stuck" && process.env["STUCK"] !== undefined) return;
    response.writeHead(201, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ pid: process.pid }));
  }),
);
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});

process.once("SIGTERM", async () => {
  server.close();
  await middleware.close();
  server.closeIdleConnections();
});
