/** A response that cannot be written: the request still ends, and the log has its line. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { expect, onTestFinished, test } from "vitest";
import { createDavHandler, type RequestLogEntry } from "../server.ts";
import { createMemoryLockStore } from "../testing/memory/memory-lock-store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { requestBytes } from "../testing/own/wire-client.ts";

test.each([
  ["GET", "/"],
  ["MKCOL", "/new/"],
])(
  "%s: where the answer fails, and the one that tells so, the connection is broken off and the log told",
  async (method, target) => {
    const log: RequestLogEntry[] = [];
    let logged = (): void => undefined;
    const told = new Promise<void>((resolve) => {
      logged = resolve;
    });
    const handler = createDavHandler({
      tree: createMemoryTree(),
      locks: createMemoryLockStore({ clock: Date.now }),
      operations: createOperations(),
      authenticate: () => ({ kind: "anonymous" }),
      log(entry) {
        log.push(entry);
        logged();
      },
    });
    let tries = 0;
    const server = createServer((request, response) => {
      for (const name of ["writeHead", "setHeader"] as const) {
        response[name] = () => {
          tries += 1;
          throw new Error(`${name} fails`);
        };
      }
      handler(request, response);
    });
    onTestFinished(async () => {
      server.close();
      await handler.close();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.write(requestBytes(method, target));
    client.resume();
    await once(client, "close");
    await told;
    expect(tries).toBeGreaterThan(1);
    expect(log).toMatchObject([{ method, target, status: 500 }]);
    expect(String(log[0]?.error)).toContain("fails");
  },
);
