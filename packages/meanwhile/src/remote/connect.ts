import type { ClientOptions, DavClient } from "@meanwhile/client";
import type { ConnectionSettings } from "./connection-options.ts";

/** Makes the real client. Only now is it loaded. */
export async function connect(base: URL, settings: ConnectionSettings): Promise<DavClient> {
  const { createClient } = await import("@meanwhile/client");
  return createClient(base, clientOptions(settings));
}

/** The settings in the client's words. */
function clientOptions(settings: ConnectionSettings): ClientOptions {
  const { credentials, headers, ca, cert, key, insecure, http2, proxy, timeoutMs, idleTimeoutMs } = settings;
  return {
    headers: { "user-agent": "meanwhile", ...headers },
    http2,
    tls: {
      rejectUnauthorized: !insecure,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    ...(proxy === undefined ? {} : { proxy }),
    timeoutMs,
    idleTimeoutMs,
    ...loginOf(credentials),
  };
}

function loginOf(credentials: ConnectionSettings["credentials"]) {
  switch (credentials.kind) {
    case "none":
      return {};
    case "login":
      return { username: credentials.username, password: credentials.password };
    case "token":
      return { token: credentials.token };
  }
}
