import { request } from "node:http";
import type { Socket } from "node:net";
import { ConnectionError } from "../error/connection-error.ts";
import { connectionFailure } from "./failure.ts";
import { proxyCredentials, type Route } from "./route.ts";

/**
 * Asks a proxy for a tunnel to the origin (RFC 9110 §9.3.6).
 *
 * @throws {ConnectionError} `proxy` where it says no, `lost` where it says nothing; or the signal's reason
 */
export function openTunnel(socket: Socket, route: Route, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${route.host.includes(":") ? `[${route.host}]` : route.host}:${route.port}`;
  const credentials = proxyCredentials(proxy);
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method: "CONNECT",
      path: authority,
      setHost: false,
      headers: {
        host: authority,
        "user-agent": "meanwhile",
        ...(credentials === undefined ? {} : { "proxy-authorization": credentials }),
      },
    });
    const end = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.on("error", () => {});
      socket.destroy();
      reject(reason);
    };
    const refuse = (status: number): void =>
      end(
        new ConnectionError(
          "proxy",
          status === 407
            ? `the proxy ${proxy.host} wants other credentials (407): put user and password into its URL`
            : `the proxy ${proxy.host} does not let us through to ${authority}: ${status}`,
          { mayHaveArrived: false },
        ),
      );
    const onAbort = (): void => end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    asked.once("connect", (response, tunnel, early) => {
      const status = response.statusCode ?? 0;
      // RFC 9110 §9.3.6: "Any 2xx (Successful) response indicates that the sender ... will switch to tunnel mode".
      if (status < 200 || status > 299) {
        refuse(status);
        return;
      }
      signal.removeEventListener("abort", onAbort);
      if (early.length > 0) tunnel.unshift(early);
      resolve(tunnel as Socket);
    });
    // A proxy that answers CONNECT as any other request.
    asked.once("response", (response) => refuse(response.statusCode ?? 0));
    asked.once("error", (error) =>
      end(connectionFailure(error, { mayHaveArrived: false, interims: 0 }, `the proxy ${proxy.host}`)),
    );
    asked.end();
  });
}
