/** A folder in a server of one's own: node:http, Express, Fastify. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderExpress } from "./folder-express.ts";
import { folderFastify } from "./folder-fastify.ts";
import { type FolderApp, folderBesidePages, folderServer, stop } from "./folder-node.ts";

let place = "";
let app: FolderApp;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "meanwhile-folder-"));
  mkdirSync(join(place, "files", "sub"), { recursive: true });
  writeFileSync(join(place, "files", "sub", "a.txt"), "content of a");
  writeFileSync(join(place, "users"), `ann:${hashSync("secret", 4)}`);
});
afterEach(async () => {
  app.server.closeAllConnections();
  await stop(app);
  rmSync(place, { recursive: true });
});

type Make = (folder: string, state: string, users: string) => Promise<FolderApp>;
const apps: readonly (readonly [name: string, mount: string, make: Make])[] = [
  ["node:http", "", folderServer],
  ["node:http, below a path", "/files", folderBesidePages],
  ["Express", "/files", folderExpress],
  ["Fastify", "/files", folderFastify],
];

test.each(apps)("%s serves a folder, with its own addresses", async (_name, mount, make) => {
  app = await make(join(place, "files"), join(place, "state"), join(place, "users"));
  const { server } = app;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (method: string, path: string, fields: Record<string, string> = {}, body?: string) =>
    fetch(origin + path, {
      method,
      headers: { Authorization: `Basic ${btoa("ann:secret")}`, ...fields },
      ...(body === undefined ? {} : { body }),
    });

  expect(await (await ask("GET", `${mount}/sub/a.txt`)).text()).toBe("content of a");
  const listing = await ask("PROPFIND", `${mount}/`, { Depth: "1" });
  expect(listing.status).toBe(207);
  expect(await listing.text()).toContain(`<D:href>${mount}/sub/</D:href>`);
  expect((await ask("PUT", `${mount}/sub/b.json`, { "Content-Type": "application/json" }, "{}")).status).toBe(
    201,
  );
  expect(readFileSync(join(place, "files", "sub", "b.json"), "utf8")).toBe("{}");
  const copied = await ask("COPY", `${mount}/sub/`, {
    Destination: `${origin}${mount}/copy/`,
    Prefer: "respond-async, wait=0",
  });
  expect(copied.status).toBe(202);
  const location = copied.headers.get("location") ?? "";
  expect(location).toContain(`${mount}/.meanwhile/operations/`);
  const status = await ask("GET", new URL(location, origin).pathname, { Prefer: "wait=30" });
  expect(await status.json()).toMatchObject({ outcome: { status: 201 } });
  expect(readFileSync(join(place, "files", "copy", "a.txt"), "utf8")).toBe("content of a");

  if (mount === "") return;
  expect(await (await ask("GET", "/")).text()).toBe("a page");
  expect((await ask("DELETE", `${mount}x/sub/`)).status).not.toBe(204);
  expect(readFileSync(join(place, "files", "sub", "a.txt"), "utf8")).toBe("content of a");
});
