// @ts-check
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverUser } from "../foreground.mjs";
import { versionOf, writeConfiguration } from "./peer.mjs";

/** @param {string} name */
const module = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;

/**
 * Apache httpd with mod_dav.
 *
 * @param {{ readonly scheme: "Basic" | "Digest", readonly realm: string, readonly users: string }} [login] users: the content
 *   of a file as htpasswd or htdigest makes it; default: everybody may do everything
 * @param {readonly string[]} [more] lines of its configuration; the module mime is there for them
 * @returns {import("./peer.mjs").Peer}
 */
export function apache(login, more = []) {
  const kind = login?.scheme.toLowerCase();
  return {
    name: login === undefined ? "Apache" : `Apache with ${login.scheme}`,
    note: "mod_dav, mod_dav_fs, event MPM, Depth infinity on",
    can: {
      infinity: true,
      depth0: true,
      overwriteF: true,
      conditions: true,
      contentRange: "applied",
      deadProperties: "markup",
      locks: "binding",
      sharedLocks: true,
      quota: false,
      refusedNames: [],
      hiddenNames: [],
    },
    version: () => versionOf("apache2", ["-v"], /Apache\/([\d.]+)/),
    command({ folder, place, port }) {
      if (login !== undefined) writeFileSync(join(place, "users"), login.users);
      const file = writeConfiguration(place, [
        `ServerRoot ${place}`,
        "ServerName localhost",
        `Listen 127.0.0.1:${port}`,
        `PidFile ${join(place, "pid")}`,
        "ErrorLog /dev/stderr",
        ...["mpm_event", "authz_core", "dav", "dav_fs", ...(more.length > 0 ? ["mime"] : [])].map(module),
        ...(login === undefined
          ? []
          : ["authn_core", "authn_file", "authz_user", `auth_${kind}`].map(module)),
        ...(serverUser === undefined ? [] : [`User ${serverUser}`, `Group ${serverUser}`]),
        ...more,
        `DocumentRoot ${folder}`,
        `DavLockDB ${join(place, "locks")}`,
        // Its default is 1 GiB.
        "LimitRequestBody 0",
        `<Directory ${folder}>`,
        "Dav On",
        "DavDepthInfinity On",
        ...(login === undefined
          ? ["Require all granted"]
          : [
              `AuthType ${login.scheme}`,
              `AuthName "${login.realm}"`,
              `Auth${login.scheme}Provider file`,
              `AuthUserFile ${join(place, "users")}`,
              "Require valid-user",
            ]),
        "</Directory>",
      ]);
      return { program: "apache2", args: ["-DFOREGROUND", "-f", file] };
    },
  };
}
