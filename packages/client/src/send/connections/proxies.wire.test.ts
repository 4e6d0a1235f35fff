import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createSecureServer as createSecureHttp2 } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { trusted } from "../../../../interim/src/testing/certificates.ts";
import { createRequester, type Requester } from "../requester.ts";
import { final, interim, serveRaw } from "../testing/raw-server.ts";
import type { RequesterOptions } from "./origin.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function requester(options: RequesterOptions): Requester {
  const made = createRequester({ environment: {}, tls: { ca: trusted.cert }, ...options });
  cleanups.push(() => made.close());
  return made;
}

/** A proxy for tunnels; `asked` are the heads of what it was asked for. */
async function tunnelling(): Promise<{
  url: URL;
  asked: { target: string; credentials: string | undefined }[];
}> {
  const asked: { target: string; credentials: string | undefined }[] = [];
  const server: Server = createServer();
  server.on("connect", (request, socket, head) => {
    const target = request.url ?? "";
    asked.push({ target, credentials: request.headers["proxy-authorization"] });
    const inner = connect(Number(target.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    inner.on("error", () => socket.destroy());
    socket.on("error", () => inner.destroy());
    cleanups.push(() => inner.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), asked };
}

test("https goes through a tunnel, with the credentials of the proxy's URL (RFC 9110 §9.3.6)", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102) + final(200, "hi"));
  }, trusted);
  const proxy = await tunnelling();
  proxy.url.username = "us%C3%A9r";
  proxy.url.password = "pass";
  const { send } = requester({ environment: { HTTPS_PROXY: proxy.url.href } });
  let told = 0;
  const response = await send(server.url, {
    onInterim: () => {
      told += 1;
    },
  });
  expect(await response.text()).toBe("hi");
  expect(told).toBe(1);
  const credentials = `Basic ${Buffer.from("usér:pass").toString("base64")}`;
  expect(proxy.asked).toEqual([{ target: server.url.host, credentials }]);
  expect(server.connections[0]?.received).not.toMatch(/proxy-/i);
});

test("HTTP/2 goes through a tunnel too", async () => {
  const server = createSecureHttp2({ ...trusted });
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("h2");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const proxy = await tunnelling();
  const { send } = requester({ proxy: proxy.url });
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  for (let turn = 0; turn < 2; turn += 1) expect(await (await send(url)).text()).toBe("h2");
  expect(proxy.asked).toHaveLength(1);
});

test("http asks the proxy for the whole URL (RFC 9112 §3.2.2)", async () => {
  await using proxy = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102) + final(200, "by proxy"));
  });
  const { send } = requester({ proxy: `http://user:pass@${proxy.url.host}` });
  const response = await send(new URL("http://origin.invalid:8080/a?b"));
  expect(await response.text()).toBe("by proxy");
  expect(proxy.connections[0]?.received).toMatch(
    /^GET http:\/\/origin\.invalid:8080\/a\?b HTTP\/1\.1\r\nhost: origin\.invalid:8080\r\n/i,
  );
  expect(proxy.connections[0]?.received).toMatch(/^proxy-authorization: Basic dXNlcjpwYXNz\r$/im);
});

test.each([
  [403, /does not let us through.*403/],
  [407, /other credentials \(407\)/],
  [502, /502/],
])("a proxy that answers %i does not let us through: nothing arrived", async (status, message) => {
  await using proxy = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(final(status, "no"));
  });
  const { send } = requester({ proxy: proxy.url });
  const sent = send(new URL("https://origin.invalid/"), { method: "POST", content: "x" });
  await expect(sent).rejects.toMatchObject({
    name: "ConnectionError",
    code: "proxy",
    mayHaveArrived: false,
    message: expect.stringMatching(message),
  });
  await proxy.connections[0]?.closed;
});

test("a proxy that nobody listens at, and one that hangs up", async () => {
  const gone = await serveRaw();
  await gone[Symbol.asyncDispose]();
  const url = new URL("https://origin.invalid/");
  await expect(requester({ proxy: gone.url }).send(url)).rejects.toMatchObject({
    code: "refused",
    mayHaveArrived: false,
    message: `no server listens at the proxy 127.0.0.1:${gone.url.port}`,
  });
  await using rude = await serveRaw(({ socket }) => socket.destroy());
  await expect(requester({ proxy: rude.url }).send(url)).rejects.toMatchObject({
    code: "lost",
    mayHaveArrived: false,
  });
});

test("aborting while the tunnel is dug", async () => {
  await using proxy = await serveRaw();
  const abort = new AbortController();
  const { send } = requester({ proxy: proxy.url });
  const rejected = expect(send(new URL("https://origin.invalid/"), { signal: abort.signal })).rejects.toBe(
    "stop",
  );
  const connection = await proxy.connection(0);
  await connection.until();
  abort.abort("stop");
  await rejected;
  await connection.closed;
});

test("proxy: false goes straight, whatever the environment says", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(final(200, "straight"));
  });
  const { send } = requester({ proxy: false, environment: { http_proxy: "http://127.0.0.1:1" } });
  expect(await (await send(server.url)).text()).toBe("straight");
});

test("a proxy of another kind is refused at once", () => {
  expect(() => createRequester({ proxy: "socks5://a" })).toThrow(
    expect.objectContaining({ code: "ERR_PROXY" }),
  );
});
