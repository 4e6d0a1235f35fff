/** What ran when a program of format 1 was killed is finished by this one. */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { format1Members, makeFormat1 } from "../../../disk/src/testing/format-1.ts";
import { mountTmpfs } from "../../../disk/src/testing/tmpfs.ts";
import { serveFolder } from "../serve-folder.ts";

testWith(
  ["linux", "tmpfs"],
  "a COPY and a MOVE to another file system that ran in format 1 come to their ends, with their properties",
  async () => {
    const { folder, state } = await makeFormat1({
      mount: (directory) => onTestFinished(mountTmpfs(directory, "1m")),
    });
    const warnings: string[] = [];
    const files = await serveFolder({ folder, state, warn: (message) => warnings.push(message) });
    onTestFinished(() => files.close({ drainMs: 0 }));
    expect(warnings).toEqual(["2 operations of an earlier process go on"]);
    const server = createServer(files).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await vi.waitFor(() => {
      expect(existsSync(join(folder, "copy"))).toBe(true);
      expect(existsSync(join(folder, "moved"))).toBe(false);
    }, 10_000);
    for (const name of format1Members) {
      for (const at of ["copied/deep", "copy/deep", "mount/moved"])
        expect(readFileSync(join(folder, at, name), "utf8"), at).toBe(name);
    }
    const propertyOf = async (path: string): Promise<string | undefined> => {
      const headers = { Depth: "0", Connection: "close" };
      const found = await fetch(`${url}${path}`, { method: "PROPFIND", headers });
      return />(of [^<]*)</.exec(await found.text())?.[1];
    };
    for (const [path, value] of [
      ["/b", "of a"],
      ["/copied/deep/7", "of 7"],
      ["/copy/deep/7", "of 7"],
      ["/mount/moved/7", "of moved 7"],
    ] as const)
      await vi.waitFor(async () => expect(await propertyOf(path), path).toBe(value), 10_000);
    await vi.waitFor(() => {
      const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
      expect(names.filter((name) => name.includes(".meanwhile-"))).toEqual([".meanwhile-root~"]);
    }, 10_000);
  },
);
