import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { processing } from "../node.ts";
import { listen } from "../testing/adapter/node-app.ts";

test.each(["destroySoon", "end", "destroy"] as const)(
  "socket.%s() of a handler that has answered before its content came ends the connection behind the answer",
  async (way) => {
    const served = await listen(
      "HTTP/1.1",
      processing({ expects: "1h" })((request, response) => {
        // It reads, so that Node does not throw away the rest by itself.
        request.once("data", () => request.pause());
        response.once("close", () => request.socket[way]());
        response.writeHead(413, { "Content-Length": "9" }).end("too large");
      }),
    );
    onTestFinished(() => served.close());
    const socket = connect({ port: served.port, host: "127.0.0.1" });
    onTestFinished(() => void socket.destroy());
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome");
    let text = "";
    socket.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
    });
    const [hadError] = await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\n\r\ntoo large$/);
    expect(hadError).toBe(false);
  },
  // Without that it stays open for Node's keep-alive time.
  4_000,
);
