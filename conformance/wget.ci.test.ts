import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { run, runWell } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { makeHostileTree, snapshot } from "./tree.ts";

describeWith(["wget"], "wget", () => {
  let place: string;
  let server: Server;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "meanwhile-wget-"));
    server = await startServer();
  });
  afterAll(async () => {
    await server?.stop();
    await rm(place, { recursive: true, force: true });
  });

  const wget = (...args: readonly string[]) =>
    runWell("wget", ["--no-config", "--quiet", "--tries=1", ...args], { cwd: place });

  test("goes on with a download that was broken off (RFC 9110 §14.2)", async () => {
    const content = "0123456789".repeat(1000);
    await writeFile(join(server.folder, "long.txt"), content);
    await writeFile(join(place, "long.txt"), content.slice(0, 4321));
    await wget("--continue", `${server.url}long.txt`);
    expect(await readFile(join(place, "long.txt"), "utf8")).toBe(content);
  });

  test("gets a document again only when it is newer (RFC 9110 §13.1.3)", async () => {
    await writeFile(join(server.folder, "dated.txt"), "one");
    await wget("--timestamping", `${server.url}dated.txt`);
    const second = await run(
      "wget",
      ["--no-config", "--tries=1", "--server-response", "--timestamping", `${server.url}dated.txt`],
      { cwd: place },
    );
    expect(second.stderr).toContain("304");
  });

  test("follows the listings of collections down to every document, whatever its name", async () => {
    const tree = join(server.folder, "tree");
    makeHostileTree(tree);
    await wget(
      ...["--recursive", "--no-parent", "--level=inf", "--no-host-directories", "--execute", "robots=off"],
      // A listing itself is not kept.
      ...["--restrict-file-names=nocontrol", "--directory-prefix=mirror", "--reject=index.html*"],
      `${server.url}tree/`,
    );
    // wget shortens long names and decodes "%41" once more, so contents are compared, each of which is unique.
    const contents = (folder: string) =>
      snapshot(folder)
        .filter((line) => line.startsWith("document"))
        .map((line) => line.slice(line.lastIndexOf(" ")))
        .sort();
    expect(contents(join(place, "mirror", "tree"))).toEqual(contents(tree));
  });

  test("sends any method: a COPY (RFC 4918 §9.8)", async () => {
    await writeFile(join(server.folder, "source.txt"), "content");
    await wget("--method=COPY", `--header=Destination: ${server.url}copied.txt`, `${server.url}source.txt`);
    expect(await readFile(join(server.folder, "copied.txt"), "utf8")).toBe("content");
  });
});
