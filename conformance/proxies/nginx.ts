import { serverUser } from "../foreground.mjs";
import type { ProxyKind } from "./proxy.ts";
import { exchange } from "./snippet.ts";

export const nginx: ProxyKind = {
  name: "nginx",
  language: "nginx",
  configuration({ place, port, upstream, timeoutS, http2, snippet }) {
    const served = exchange(snippet, "127.0.0.1:8080", upstream);
    return `
daemon off; worker_processes 1;
${serverUser === undefined ? "" : `user ${serverUser};`}
pid ${place}/pid; error_log stderr;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path ${place}/t1; proxy_temp_path ${place}/t2; fastcgi_temp_path ${place}/t3;
    uwsgi_temp_path ${place}/t4; scgi_temp_path ${place}/t5;
    server {
        listen 127.0.0.1:${port}${http2 ? " http2" : ""};
${timeoutS === undefined ? served : exchange(served, "proxy_read_timeout 1h", `proxy_read_timeout ${timeoutS}s`)}
    }
}
`;
  },
  command: (file, place) => ({ program: "nginx", args: ["-p", place, "-e", "stderr", "-c", file] }),
};
