import { join } from "node:path";
import { serverUser } from "../foreground.mjs";
import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

const modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http"];

/** mod_proxy_http; mod_proxy_http2 is another thing. */
export const apache: ProxyKind = {
  name: "apache",
  language: "apache",
  configuration({ place, port, upstream, timeoutS, http2, snippet }) {
    const served = exchange(snippet, "127.0.0.1:8080", upstream);
    return `
ServerRoot ${place}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${join(place, "pid")}
ErrorLog /dev/stderr
${[...modules, ...(http2 ? ["http2"] : [])].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
${serverUser === undefined ? "" : `User ${serverUser}\nGroup ${serverUser}`}
StartServers 1
${http2 ? "Protocols h2c http/1.1" : ""}
${timeoutS === undefined ? served : exchange(served, "timeout=3600", `timeout=${timeoutS}`)}
`;
  },
  command: (file) => ({ program: "apache2", args: ["-DFOREGROUND", "-f", file] }),
};
