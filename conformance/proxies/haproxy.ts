import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

export const haproxy: ProxyKind = {
  name: "haproxy",
  language: "haproxy",
  configuration({ port, upstream, timeoutS, http2, snippet }) {
    const backend = exchange(snippet, "127.0.0.1:8080", upstream);
    return `
global
    maxconn 256

defaults
    mode http
    timeout connect 5s
    # Short: it must not count while the service works.
    timeout client 1s
    timeout server 60s

frontend web
    bind 127.0.0.1:${port}${http2 ? " proto h2" : ""}
    default_backend service

${timeoutS === undefined ? backend : exchange(backend, "timeout server 1h", `timeout server ${timeoutS}s`)}
`;
  },
  command: (file) => ({ program: "haproxy", args: ["-db", "-f", file] }),
};
