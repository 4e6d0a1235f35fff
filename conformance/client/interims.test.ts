import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequester, type Requester } from "@meanwhile/client/request";
import { afterAll, beforeAll, describe, test } from "vitest";
import { makeCertificate } from "../certificate.ts";
import { ask, expectAll } from "./heard.ts";
import { type InterimServer, type Protocol, startInterimServer } from "./interim-server.ts";

const protocols: readonly Protocol[] = ["HTTP/1.1", "HTTP/1.1 with TLS", "HTTP/2", "HTTP/2 with TLS"];
const largest = 15 * 1024;

describe("the client, directly", () => {
  describe.each(protocols)("over %s", (protocol) => {
    let place: string;
    let server: InterimServer;
    let requester: Requester;
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), "meanwhile-interims-"));
      const certificate = protocol.endsWith("TLS") ? await makeCertificate(place) : undefined;
      server = await startInterimServer(protocol, certificate);
      requester = createRequester({
        proxy: false,
        http2: protocol === "HTTP/2" ? "prior-knowledge" : protocol === "HTTP/2 with TLS",
        ...(certificate ? { tls: { ca: await readFile(certificate.certificate) } } : {}),
      });
    });
    afterAll(async () => {
      await requester?.close();
      await server?.stop();
      await rm(place, { recursive: true, force: true });
    });

    test.each([
      [0, 10],
      [1, 10],
      [10, largest],
      [200, 1000],
      [200, largest],
      [5000, 10],
      [5000, largest],
    ])(
      "sees %d interim responses, those that are large of %d bytes, and the final one (RFC 9110 §15.2)",
      async (count, bytes) => {
        expectAll(await ask(server, count, bytes, requester), count, bytes);
      },
    );

    test("after them the same connection is used again", async () => {
      for (const count of [3, 0, 3]) expectAll(await ask(server, count, 100, requester), count, 100);
    });
  });
});
