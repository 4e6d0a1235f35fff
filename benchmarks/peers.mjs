/** The servers that are compared: how each is started on a folder, with its access log off. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const isRoot = process.getuid?.() === 0;
const here = fileURLToPath(new URL(".", import.meta.url));
const meanwhile = fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

/**
 * @typedef {{ folder: string, place: string, port: number }} Site where to serve, and where to keep the rest
 * @typedef {{ name: string, note: string, version: () => string | undefined, start: (site: Site) => readonly string[] }} Peer
 */

/** @type {readonly Peer[]} */
export const peers = [
  {
    name: "Meanwhile",
    note: "this checkout, as `meanwhile serve` starts it",
    version: () => `Node ${process.versions.node}`,
    start: ({ folder, place, port }) => [
      process.execPath,
      ...[meanwhile, "serve", folder, "--listen", `127.0.0.1:${port}`],
      ...["--state", join(place, "state"), "--log-level", "error"],
    ],
  },
  {
    name: "Apache",
    note: "mod_dav, mod_dav_fs, event MPM, Depth infinity on",
    version: () => versionOf("apache2", ["-v"], /Apache\/([\d.]+)/),
    start({ folder, place, port }) {
      const module = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
      return configured("apache2", ["-DFOREGROUND", "-f"], place, [
        `ServerRoot ${place}`,
        "ServerName localhost",
        `Listen 127.0.0.1:${port}`,
        `PidFile ${place}/pid`,
        `ErrorLog ${place}/error.log`,
        ...["mpm_event", "authz_core", "dav", "dav_fs"].map(module),
        ...(isRoot ? ["User www-data", "Group www-data"] : []),
        `DocumentRoot ${folder}`,
        `DavLockDB ${place}/locks`,
        `<Directory ${folder}>`,
        "Dav On",
        "DavDepthInfinity On",
        "Require all granted",
        "</Directory>",
      ]);
    },
  },
  {
    name: "lighttpd",
    note: "mod_webdav with SQLite; its COPY makes hard links",
    version: () => versionOf("lighttpd", ["-v"], /lighttpd\/([\d.]+)/),
    start: ({ folder, place, port }) =>
      configured("lighttpd", ["-D", "-f"], place, [
        'server.modules = ("mod_webdav")',
        `server.document-root = "${folder}"`,
        'server.bind = "127.0.0.1"',
        `server.port = ${port}`,
        `server.upload-dirs = ("${place}")`,
        `server.errorlog = "${place}/error.log"`,
        "server.max-keep-alive-requests = 100000",
        'mimetype.assign = ("" => "application/octet-stream")',
        'webdav.activate = "enable"',
        'webdav.is-readonly = "disable"',
        `webdav.sqlite-db-name = "${place}/webdav.db"`,
        ...(isRoot ? ['server.username = "www-data"', 'server.groupname = "www-data"'] : []),
      ]),
  },
  {
    name: "nginx",
    note: "dav and dav-ext modules, 2 workers; neither dead properties nor all of class 2",
    version: () => versionOf("nginx", ["-v"], /nginx\/([\d.]+)/),
    start: ({ folder, place, port }) =>
      configured("nginx", ["-p", place, "-e", join(place, "error.log"), "-c"], place, [
        "load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;",
        "daemon off; worker_processes 2;",
        ...(isRoot ? ["user www-data;"] : []),
        `pid ${place}/pid; error_log ${place}/error.log;`,
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
      ]),
  },
  {
    name: "nephele",
    note: "npm, adapter-file-system on Express",
    version: () => versionOfPackage("nephele"),
    start: ({ folder, port }) => [process.execPath, join(here, "peers/nephele.mjs"), folder, String(port)],
  },
  {
    name: "webdav-server",
    note: "npm, PhysicalFileSystem",
    version: () => versionOfPackage("webdav-server"),
    start: ({ folder, port }) => [
      process.execPath,
      join(here, "peers/webdav-server.mjs"),
      folder,
      String(port),
    ],
  },
];

/**
 * Starts a peer and waits until it answers.
 *
 * @param {Peer} peer
 * @param {string} root an empty folder; the served one is made in it
 * @returns {Promise<{ peer: Peer, folder: string, url: string, pid: number, stop(): Promise<void> }>}
 */
export async function startPeer(peer, root) {
  const folder = join(root, "folder");
  const place = join(root, "place");
  mkdirSync(folder, { recursive: true });
  mkdirSync(place, { recursive: true });
  const port = await freePort();
  const [program = "", ...args] = peer.start({ folder, place, port });
  giveToServer(root);
  const said = openSync(join(place, "said"), "w");
  const child = spawn(program, args, { stdio: ["ignore", said, said], cwd: place });
  closeSync(said);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}/`;
  const deadline = performance.now() + 20_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`${peer.name} does not start: ${readFileSync(join(place, "said"), "utf8")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    peer,
    folder,
    url,
    pid: child.pid ?? 0,
    async stop() {
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Debian's servers do not run as root: what they serve must be theirs. */
export function giveToServer(path) {
  if (isRoot) {
    spawnSync("chown", ["-R", "www-data:www-data", path]);
  }
}

function configured(program, args, place, lines) {
  const file = join(place, "configuration");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return [program, ...args, file];
}

function versionOf(program, args, pattern) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}

function versionOfPackage(name) {
  const { stdout } = spawnSync("npm", ["ls", "--prefix", join(here, "peers"), "--json", name], {
    encoding: "utf8",
  });
  try {
    return JSON.parse(stdout).dependencies?.[name]?.version;
  } catch {
    return undefined;
  }
}

async function answers(url) {
  try {
    await fetch(url, { method: "OPTIONS" });
    return true;
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
