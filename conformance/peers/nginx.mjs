// @ts-check
import { serverUser } from "../foreground.mjs";
import { versionOf, writeConfiguration } from "./peer.mjs";

/** nginx with its own dav module and the dav-ext module of others. @type {import("./peer.mjs").Peer} */
export const nginx = {
  name: "nginx",
  note: "dav and dav-ext modules, 2 workers; neither dead properties nor all of class 2",
  can: {
    infinity: false,
    depth0: false,
    overwriteF: true,
    conditions: false,
    contentRange: "refused",
    deadProperties: "none",
    locks: "binding",
    sharedLocks: false,
    quota: false,
    refusedNames: [],
    hiddenNames: ["..two dots before", "...", ".hidden"],
  },
  version: () => versionOf("nginx", ["-v"], /nginx\/([\d.]+)/),
  command({ folder, place, port }) {
    const file = writeConfiguration(place, [
      "load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;",
      "daemon off; worker_processes 2;",
      ...(serverUser === undefined ? [] : [`user ${serverUser};`]),
      `pid ${place}/pid; error_log stderr;`,
      "events { worker_connections 1024; }",
      "http {",
      "  access_log off; sendfile on; keepalive_requests 10000000;",
      `  client_body_temp_path ${place}/bodies; proxy_temp_path ${place}/t1; fastcgi_temp_path ${place}/t2;`,
      `  uwsgi_temp_path ${place}/t3; scgi_temp_path ${place}/t4;`,
      "  dav_ext_lock_zone zone=locks:10m;",
      "  server {",
      `    listen 127.0.0.1:${port}; root ${folder}; client_max_body_size 0;`,
      "    location / {",
      "      dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path off;",
      "      dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK; dav_ext_lock zone=locks;",
      "    }",
      "  }",
      "}",
    ]);
    return { program: "nginx", args: ["-p", place, "-e", "stderr", "-c", file] };
  },
};
