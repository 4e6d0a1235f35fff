/** Large uploads through connections that are cut, to a server that is killed: what went over the wire, and what is there in the end. */
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cut, type CuttingProxy, startCuttingProxy } from "../cutting-proxy.ts";
import { type KillableServer, startKillable } from "../killable-server.ts";
import { pseudoRandom } from "../random.ts";

export interface UploadsScene {
  /** Of the cutting proxy, with a slash at its end. */
  readonly url: string;
  readonly folder: string;
  readonly proxy: CuttingProxy;
  /** A file of so many bytes, none like the other. */
  file(name: string, bytes: number, seed: number): string;
  /** Kills the server. */
  kill(): Promise<void>;
  /** Starts another one in its place. */
  restart(): Promise<void>;
  /** Bytes of requests that have passed since the start. */
  readonly passed: number;
  /** Resolves once so many bytes of requests have passed. */
  reached(bytes: number): Promise<void>;
  /** Offsets that appends began at, each with the one that the server had told last. */
  readonly appends: readonly { readonly at: number; readonly told: number }[];
  /** Hidden files of the server in the served folder. */
  hidden(): readonly string[];
  leave(): Promise<void>;
}

/** @param upload the name of an upload, as it stands in its URL */
export async function uploadsScene(): Promise<UploadsScene> {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-uploads-"));
  const at = { folder: join(place, "folder"), state: join(place, "state") };
  mkdirSync(at.folder);
  let server: KillableServer = await startKillable(at);
  const { port } = server;
  const appends: { at: number; told: number }[] = [];
  let told = 0;
  let passed = 0;
  const waiting = new Set<{ readonly bytes: number; readonly go: () => void }>();
  const proxy = await startCuttingProxy(port, {
    request(bytes) {
      passed += bytes.length;
      for (const one of waiting) if (passed >= one.bytes) one.go();
      if (!bytes.subarray(0, 6).equals(Buffer.from("PATCH "))) return;
      const offset = numberIn(bytes, "upload-offset");
      if (offset !== undefined) appends.push({ at: offset, told });
    },
    response(bytes) {
      const offset = numberIn(bytes, "upload-offset");
      if (offset !== undefined) told = offset;
      // A new upload begins at 0.
      if (bytes.subarray(0, 12).toString("latin1") === "HTTP/1.1 201") told = 0;
    },
  });
  return {
    url: proxy.url,
    folder: at.folder,
    proxy,
    appends,
    file(name, bytes, seed) {
      const file = join(place, name);
      writeRandom(file, bytes, seed);
      return file;
    },
    kill: () => server.kill(),
    async restart() {
      server = await startKillable(at, { port });
    },
    get passed() {
      return passed;
    },
    reached: (bytes) =>
      new Promise((resolve) => {
        const one = {
          bytes,
          go: () => {
            waiting.delete(one);
            resolve();
          },
        };
        if (passed >= bytes) resolve();
        else waiting.add(one);
      }),
    hidden: () => readdirSync(at.folder).filter((name) => /^\.meanwhile-.*upload-/.test(name)),
    async leave() {
      await proxy.stop();
      await server.terminate();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Cuts at random places, so that so many of them come before all bytes have passed, unless kills come before them. */
export function randomCuts(count: number, bytes: number, seed: number): readonly Cut[] {
  const random = pseudoRandom(seed);
  return Array.from({ length: count }, () => ({
    afterRequestBytes: Math.ceil((random() * 1.4 * bytes) / count) + 1,
  }));
}

/** The SHA-256 of a file. */
export function digestOfFile(file: string): string {
  const hash = createHash("sha256");
  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(1024 * 1024);
  for (;;) {
    const read = readSync(fd, buffer, 0, buffer.length, null);
    if (read === 0) break;
    hash.update(buffer.subarray(0, read));
  }
  closeSync(fd);
  return hash.digest("hex");
}

function writeRandom(file: string, bytes: number, seed: number): void {
  const random = pseudoRandom(seed);
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; at + 4 <= block.length; at += 4) block.writeUInt32LE((random() * 2 ** 32) >>> 0, at);
  const fd = openSync(file, "w");
  for (let at = 0; at < bytes; at += block.length) {
    block.writeDoubleLE(at + seed, 0);
    writeSync(fd, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(fd);
}

function numberIn(bytes: Buffer, field: string): number | undefined {
  const head = bytes.subarray(0, 4096).toString("latin1");
  const found = new RegExp(`^${field}: (\\d+)\\r$`, "im").exec(head);
  return found === null ? undefined : Number(found[1]);
}
