import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pasteLines, shellQuote } from "./paste-lines.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-paste-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const url = "http://127.0.0.1:8102/";
const lines = (curlArguments: readonly string[] = []) => pasteLines({ folder, url, curlArguments });
const write = (name: string) => writeFileSync(join(folder, name), "x");

describe("the lines to paste", () => {
  test("copy a document to a name that is free, and delete the copy", async () => {
    write("a.txt");
    write("copy-of-a.txt");
    mkdirSync(join(folder, "A"));
    write(".hidden");
    expect(await lines()).toEqual([
      `curl -v -X COPY -H 'Prefer: processing' -H 'Destination: ${url}2-copy-of-a.txt' ${url}a.txt`,
      `curl -v -X DELETE -H 'Prefer: processing' ${url}2-copy-of-a.txt`,
    ]);
  });

  test("copy the tree that is there to be watched, and a document where it is gone", async () => {
    write("a.txt");
    const watched = () => pasteLines({ folder, url, curlArguments: [], tree: "Seed bed" });
    expect((await watched())[0]).toContain(`${url}a.txt`);
    mkdirSync(join(folder, "Seed bed"));
    expect(await watched()).toEqual([
      `curl -v -X COPY -H 'Prefer: processing' -H 'Destination: ${url}copy-of-Seed%20bed/' ${url}Seed%20bed/`,
      `curl -v -X DELETE -H 'Prefer: processing' ${url}copy-of-Seed%20bed/`,
    ]);
  });

  test("carry names as they must stand in a URL and in a shell, whatever they are", async () => {
    write("$(touch gone)'\n;[1-9] é`%41.txt");
    const [copy = "", remove = ""] = await lines();
    const encoded = "%24%28touch%20gone%29%27%0A%3B%5B1-9%5D%20%C3%A9%60%2541.txt";
    const asked = (line: string) =>
      execFileSync("sh", ["-c", line.replace("curl -v", "printf '%s\\n'")], { encoding: "utf8" })
        .trimEnd()
        .split("\n");
    expect(asked(copy).slice(-2)).toEqual([`Destination: ${url}copy-of-${encoded}`, url + encoded]);
    expect(asked(remove).at(-1)).toBe(`${url}copy-of-${encoded}`);
  });

  test("begin with an upload where there is nothing that one would copy", async () => {
    write("huge");
    truncateSync(join(folder, "huge"), 64 * 1024 * 1024 + 1);
    write("x".repeat(201));
    symlinkSync("/etc/hostname", join(folder, "link"));
    mkdirSync(join(folder, "hello.txt"));
    expect(await lines(["-u", "NAME"])).toEqual([
      `echo Hello | curl -v -u NAME -T - ${url}2-hello.txt`,
      `curl -v -u NAME -X COPY -H 'Prefer: processing' -H 'Destination: ${url}copy-of-hello.txt' ${url}2-hello.txt`,
    ]);
  });
});

test.each([
  ["plain", "plain"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["http://[::1]:80/", "'http://[::1]:80/'"],
  ["~x", "'~x'"],
])("%j is quoted for a shell as %s", (argument, quoted) => expect(shellQuote(argument)).toBe(quoted));
