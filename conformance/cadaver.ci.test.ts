import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { run } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { snapshot } from "./tree.ts";

describeWith(["cadaver"], "cadaver", () => {
  let place: string;
  let server: Server;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "meanwhile-cadaver-"));
    server = await startServer();
    await writeFile(join(place, "letter.txt"), "Dear reader\n");
  });
  afterAll(async () => {
    await server?.stop();
    await rm(place, { recursive: true, force: true });
  });

  /** Types commands, and gives what cadaver says to them. It asks nothing when it is not on a terminal. */
  async function session(commands: readonly string[]): Promise<string> {
    const input = `${[...commands, "quit"].join("\n")}\n`;
    // HOME is set so that no .cadaverrc of the machine counts.
    const { stdout, stderr } = await run("cadaver", ["-t", server.url], {
      cwd: place,
      input,
      environment: { HOME: place },
    });
    return stdout + stderr;
  }

  test("puts, copies, moves, gets and removes documents and collections", async () => {
    const said = await session([
      "mkcol letters",
      "cd letters",
      "put letter.txt",
      "copy letter.txt copied.txt",
      "move copied.txt moved.txt",
      "mkcol sub",
      "copy letter.txt sub/deep.txt",
      "cd ..",
      "copy letters archive",
      "get letters/moved.txt back.txt",
      "delete letters/moved.txt",
      "rmcol letters/sub",
      "ls letters",
    ]);
    expect(said).not.toMatch(/failed|error/i);
    expect(snapshot(server.folder).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "collection archive",
      "document archive/letter.txt",
      "document archive/moved.txt",
      "collection archive/sub",
      "document archive/sub/deep.txt",
      "collection letters",
      "document letters/letter.txt",
    ]);
    expect(await readFile(join(place, "back.txt"), "utf8")).toBe("Dear reader\n");
    expect(said).toMatch(/letter\.txt\s+12/);
  });

  test("sets a dead property and gets it back", async () => {
    const said = await session([
      "put letter.txt property.txt",
      "propset property.txt mood cheerful",
      "propget property.txt mood",
      "propnames property.txt",
    ]);
    expect(said).not.toMatch(/failed|error/i);
    expect(said).toMatch(/Value of mood is: cheerful/);
  });

  test("locks a document, writes it under the lock, and unlocks it", async () => {
    const said = await session([
      "put letter.txt locked.txt",
      "lock locked.txt",
      "discover locked.txt",
      "put letter.txt locked.txt",
      "unlock locked.txt",
      "delete locked.txt",
    ]);
    expect(said).not.toMatch(/failed|error/i);
    expect(said).toMatch(/Lock token <urn:uuid:|Lock token <opaquelocktoken:/);
    expect(snapshot(server.folder).join("\n")).not.toContain("locked.txt");
  });

  test("is kept out by the lock of another", async () => {
    const path = `${server.url}guarded.txt`;
    await fetch(path, { method: "PUT", body: "theirs" });
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const lock = await fetch(path, { method: "LOCK", body, headers: { "Content-Type": "application/xml" } });
    expect(lock.status).toBe(200);
    const said = await session(["put letter.txt guarded.txt"]);
    expect(said).toContain("423");
    expect(await readFile(join(server.folder, "guarded.txt"), "utf8")).toBe("theirs");
  });
});
