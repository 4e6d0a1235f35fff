/**
 * Makes format-1.tar.gz: a state directory of format 1, as a program left it that was killed at work. Linux, as root:
 *
 *     node make.mjs /path/to/a/checkout/before/format/2
 *
 * In it: properties, two locks, the tag of a moved document, a kept answer whose content is a file, a COPY and a MOVE to
 * another file system that were running. The folder is not in it: the test makes one, and tells the record about it.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const [, , checkout = "."] = process.argv;
const load = (name) => import(pathToFileURL(join(checkout, "packages", name)));
const place = mkdtempSync(join(tmpdir(), "meanwhile-format-1-"));
const [folder, state] = [join(place, "folder"), join(place, "state")];
for (const name of ["copied/deep", "moved", "mount"]) mkdirSync(join(folder, name), { recursive: true });
execFileSync("mount", ["-t", "tmpfs", "tmpfs", join(folder, "mount")]);
try {
  for (let n = 0; n < 20_000; n += 1) {
    for (const at of ["copied/deep", "moved"]) writeFileSync(join(folder, at, `${n}`), `${n}`);
  }
  for (const name of ["a", "locked", "locked-last"]) writeFileSync(join(folder, name), name);

  const { lmdbJournal } = await load("journal-lmdb/dist/journal-lmdb.js");
  mkdirSync(state);
  const journal = await lmdbJournal(join(state, "journal"));
  const kept = {
    kind: "COPY",
    target: "/x",
    principal: "",
    startedAtMs: Date.now(),
    endedAtMs: Date.now(),
    failures: 0,
    version: 1,
  };
  await journal.put({
    ...kept,
    id: "large",
    state: "finished",
    progress: { done: 1, total: 1, remark: undefined, bytes: undefined },
    failed: [],
    outcome: { status: 200, fields: {}, content: "x".repeat(100_000) },
    intent: undefined,
    key: undefined,
    hidden: false,
    delivered: false,
  });
  await journal.close();

  const program = join(checkout, "packages/meanwhile/bin/meanwhile.js");
  const options = ["serve", folder, "--state", state, "--listen", "127.0.0.1:0"];
  const server = spawn(process.execPath, [program, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let url = "";
  for await (const line of createInterface({ input: server.stdout })) {
    url = /^listening on (\S+)/.exec(line)?.[1] ?? "";
    if (url !== "") break;
  }
  const ask = async (method, path, init = {}) => {
    const response = await fetch(url + path, { ...init, method });
    console.log(method, path, response.status, (await response.text()).slice(0, 100));
  };
  const proppatch = (value) => ({
    body: `<propertyupdate xmlns="DAV:"><set><prop><p xmlns="urn:x">${value}</p></prop></set></propertyupdate>`,
  });
  await ask("PROPPATCH", "a", proppatch("of a"));
  await ask("PROPPATCH", "copied/deep/7", proppatch("of 7"));
  await ask("PROPPATCH", "moved/7", proppatch("of moved 7"));
  await ask("MOVE", "a", { headers: { Destination: `${url}b` } });
  const lockinfo =
    '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>ann</owner></lockinfo>';
  const to = (path) => ({ headers: { Destination: url + path } });
  for (const [method, path, more] of [
    ["COPY", "copied/", to("copy/")],
    ["MOVE", "moved/", to("mount/moved/")],
  ]) {
    fetch(url + path, { ...more, method }).catch(() => {});
  }
  const lock = (name) => ask("LOCK", name, { body: lockinfo, headers: { Timeout: "Second-3600" } });
  await lock("locked");
  const staged = (at, below) => {
    const [name] = readdirSync(join(folder, at)).filter((one) => one.includes("-staged~"));
    try {
      return name === undefined ? 0 : readdirSync(join(folder, at, name, below)).length;
    } catch {
      return 0;
    }
  };
  while (staged("", "deep") < 50 || staged("mount", "") < 50) await pause(1);
  // It is a line of the file of changes when the process ends.
  await lock("locked-last");
  server.kill("SIGKILL");
  await once(server, "exit");
  console.log("staged:", staged("", "deep"), staged("mount", ""), "ended:", Date.now());
  for (const name of readdirSync(state)) {
    if (/^socket-|-lock$|^reserve$/.test(name)) rmSync(join(state, name));
  }
  for (const name of readdirSync(join(state, "journal"))) {
    if (/^socket-|-lock$/.test(name)) rmSync(join(state, "journal", name));
  }
  const tarball = fileURLToPath(new URL("format-1.tar.gz", import.meta.url));
  const plain = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  execFileSync("sh", ["-c", `tar ${plain.join(" ")} -C '${state}' -c . | gzip -9n > '${tarball}'`]);
} finally {
  execFileSync("umount", [join(folder, "mount")]);
  rmSync(place, { recursive: true });
}
