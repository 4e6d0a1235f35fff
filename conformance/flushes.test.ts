/** Who waits for the disk: never the thread that answers requests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { testWith } from "./judge.ts";

/** Requests of one kind: many more than seconds pass with them. */
const few = 20;

/** As in server.ts. */
const binary =
  process.env["MEANWHILE_BIN"] ??
  fileURLToPath(new URL("../packages/meanwhile/bin/meanwhile.js", import.meta.url));

const lockinfo =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const update = '<propertyupdate xmlns="DAV:"><set><prop><a xmlns="urn:x">b</a></prop></set></propertyupdate>';

testWith(
  ["linux", "strace"],
  "LOCK, PROPPATCH, MOVE and others flush in other threads than the one that answers",
  async () => {
    const place = mkdtempSync(join(tmpdir(), "meanwhile-flushes-"));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const [folder, state, trace] = ["folder", "state", "trace"].map((name) => join(place, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(folder);
    writeFileSync(join(folder, "a"), "a");
    const strace = [
      "-D",
      "-f",
      "-qq",
      "-y",
      "-ttt",
      "-e",
      "trace=fsync,fdatasync,msync,pwrite64",
      "-o",
      trace,
    ];
    const serve = [binary, "serve", folder, "--listen", "127.0.0.1:0", "--state", state];
    const server = spawn("strace", [...strace, process.execPath, ...serve], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(server, "exit");
    onTestFinished(() => void server.kill("SIGKILL"));
    let url = "";
    for await (const line of createInterface({ input: server.stdout })) {
      url = /^listening on (\S+)/.exec(line)?.[1] ?? "";
      if (url !== "") break;
    }
    const ask = async (method: string, path: string, more: RequestInit = {}): Promise<Response> => {
      const response = await fetch(`${url}${path}`, { ...more, method });
      expect([200, 201, 204, 207], `${method} ${path}`).toContain(response.status);
      await response.arrayBuffer();
      return response;
    };
    const to = (path: string): RequestInit => ({ headers: { Destination: `${url}${path}` } });
    for (let n = 0; n < few; n += 1) await ask("PUT", `${n}`, { body: "x" });
    const light = Date.now() / 1000;
    for (let n = 0; n < few; n += 1) await ask("MOVE", `${n}`, to(`moved-${n}`));
    for (let n = 0; n < few; n += 1) await ask("DELETE", `moved-${n}`);
    const began = Date.now() / 1000;
    const locked = await ask("LOCK", "a", { body: lockinfo, headers: { Timeout: "Second-100" } });
    const token = locked.headers.get("Lock-Token") ?? "";
    await ask("PROPPATCH", "a", { body: update, headers: { If: `(${token})` } });
    await ask("UNLOCK", "a", { headers: { "Lock-Token": token } });
    await ask("MOVE", "a", to("b"));
    await ask("COPY", "b", to("c"));
    await ask("PUT", "d", { body: "d" });
    await ask("MKCOL", "e");
    await ask("DELETE", "b");
    server.kill("SIGTERM");
    await ended;
    const all = readFileSync(trace, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, thread, seconds, call] = /^(\d+)\s+([\d.]+) (.*)/.exec(line) ?? [];
        const flushes =
          call !== undefined && (/^f(?:data)?sync\(|^msync\(/.test(call) || /\.mdb>/.test(call));
        return flushes ? [{ isMain: Number(thread) === server.pid, seconds: Number(seconds), call }] : [];
      });
    const calls = all.filter(({ seconds }) => seconds >= began);
    expect(calls.filter(({ isMain }) => isMain)).toEqual([]);
    // What is looked for would be seen.
    expect(calls.some(({ call }) => /^fdatasync\(.*state\.mdb>/.test(call))).toBe(true);
    expect(calls.some(({ call }) => /^fsync\(/.test(call))).toBe(true);
    // A document's MOVE and DELETE flush its directory; their records go with the batch of the second.
    const lightly = all.filter(({ seconds }) => seconds >= light && seconds < began);
    const commits = lightly.filter(({ call }) => /^fdatasync\(.*state\.mdb>/.test(call));
    expect(commits.length).toBeLessThanOrEqual(Math.ceil(began - light) + 1);
    expect(lightly.filter(({ call }) => /^fsync\(/.test(call)).length).toBeGreaterThanOrEqual(2 * few);
  },
);
