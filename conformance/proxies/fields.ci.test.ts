import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { curl, field } from "../curl.ts";
import { describeWith } from "../judge.ts";
import { proxies } from "./proxies.ts";
import { type StartedProxy, startProxy } from "./proxy.ts";

for (const { kind } of proxies) {
  describeWith([kind.name, "curl"], `${kind.name}, as docs/how-to/proxies.md sets it`, () => {
    let server: Server;
    let proxy: StartedProxy;
    let last: IncomingMessage | undefined;
    let received = 0;
    beforeAll(async () => {
      server = createServer((request, response) => {
        last = request;
        received = 0;
        request.on("data", (piece: Buffer) => {
          received += piece.length;
        });
        // An answer to half a body resets the connection of a proxy that still sends: some then answer 502.
        request.on("end", () => {
          response.writeHead(202, { Location: "/status", "Preference-Applied": "respond-async" });
          response.end("accepted");
        });
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      proxy = await startProxy(kind, { upstreamPort: (server.address() as AddressInfo).port });
    });
    afterAll(async () => {
      await proxy?.stop();
      server?.closeAllConnections();
      server?.close();
    });

    const given = (name: string) => last?.headers[name];

    test("passes on what we read and what we say", async () => {
      const sent = {
        Prefer: "respond-async, wait=0",
        "Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
        Destination: `${proxy.url}caf%C3%A9%2F`,
        If: "(<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>)",
        Depth: "infinity",
      };
      const fields = Object.entries(sent).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
      const target = "a%2Fb//c%20d%C3%A9/%25?e=%20f";
      const answer = await curl(["-X", "COPY", ...fields, proxy.url + target]);
      expect(last?.method).toBe("COPY");
      // nghttpx makes one slash of two.
      expect(last?.url).toBe(`/${kind.name === "nghttpx" ? target.replace("//", "/") : target}`);
      expect(given("host")).toBe(`127.0.0.1:${proxy.port}`);
      for (const [name, value] of Object.entries(sent)) {
        expect(given(name.toLowerCase())).toBe(value);
      }
      expect(answer.final.status).toBe(202);
      // Apache makes an absolute URL of it.
      expect(new URL(field(answer.final, "location") ?? "", proxy.url).href).toBe(`${proxy.url}status`);
      expect(field(answer.final, "preference-applied")).toBe("respond-async");
      expect(answer.body).toBe("accepted");
    });

    test("says who asks and over what, and lets no client say it", async () => {
      const lies = [
        "Forwarded: for=203.0.113.9;proto=https;host=evil.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example",
      ];
      await curl([...lies.flatMap((lie) => ["-H", lie]), proxy.url]);
      const host = `127.0.0.1:${proxy.port}`;
      expect(given("x-forwarded-proto")).toBe("http");
      if (kind.name === "nghttpx") {
        // Which goes before X-Forwarded-Host.
        expect(given("forwarded")).toMatch(
          new RegExp(`^by=_\\w+;for=127\\.0\\.0\\.1;host="${host}";proto=http$`),
        );
      } else {
        expect(given("forwarded")).toBeUndefined();
        // Where it is missing, Host counts.
        expect([host, kind.name === "squid" ? undefined : host]).toContain(given("x-forwarded-host"));
      }
      await curl(["-H", "X-Forwarded-For: 203.0.113.9", proxy.url]);
      // What is before the last address is the client's own claim.
      expect(String(given("x-forwarded-for"))).toMatch(/(^|, )127\.0\.0\.1$/);
    });

    test("takes 5 MB", async () => {
      const content = "x".repeat(5_000_000);
      const answer = await curl(["-T", "-", "-H", "Expect:", `${proxy.url}upload`], content);
      expect(answer.final.status).toBe(202);
      expect(received).toBe(content.length);
    });

    test("comes back as soon as the service does", async () => {
      const { port } = server.address() as AddressInfo;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      expect((await curl([proxy.url])).final.status).toBeGreaterThanOrEqual(502);
      await once(server.listen(port, "127.0.0.1"), "listening");
      const again = async () => (await curl([proxy.url])).final.status;
      // nghttpx leaves it alone for a second.
      if (kind.name === "nghttpx") await expect.poll(again).toBe(202);
      else expect(await again()).toBe(202);
    });
  });
}
