import { join } from "node:path";
import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

/** It speaks no HTTP/2. Debian's becomes the user "proxy" where root starts it. */
export const squid: ProxyKind = {
  name: "squid",
  language: "squid",
  configuration({ place, port, upstream, timeoutS, snippet }) {
    const [host, upstreamPort] = upstream.split(":");
    const lines = exchange(snippet, "127.0.0.1 parent 8080", `${host} parent ${upstreamPort}`);
    const here = exchange(lines, "http_port 80 ", `http_port 127.0.0.1:${port} `);
    return `
${timeoutS === undefined ? here : exchange(here, "read_timeout 1 hour", `read_timeout ${timeoutS} seconds`)}
cache_effective_user www-data
pinger_enable off
pid_filename ${join(place, "pid")}
coredump_dir ${place}
access_log none
cache_log stdio:${join(place, "log")}
shutdown_lifetime 0 seconds
`;
  },
  command: (file) => ({ program: "squid", args: ["-N", "-f", file] }),
};
