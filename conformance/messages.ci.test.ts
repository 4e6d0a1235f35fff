/**
 * What the command says to what people type, at `meanwhile serve` and at Apache: conformance/messages.txt, for people to
 * read through. `npx vitest run conformance/messages -u` writes it anew.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runProgram } from "../packages/meanwhile/src/program.ts";
import { testTerminal } from "../packages/meanwhile/src/testing/test-terminal.ts";
import { describeWith } from "./judge.ts";
import { apache } from "./peers/apache.mjs";
import { startPeer } from "./peers/peer.mjs";
import { startServer } from "./server.ts";
import { realm, user, writeUsers } from "./users.ts";

/** Lines that begin with `#` are headings. HOST is the server's address without its scheme; beginning with ! it has users. */
const typed = `
# Looking
ls http://HOST/
ls HOST
ls https://HOST/
ls http://HOST/nothing/
ls http://HOST/notes.txt/
stat http://HOST/d
stat http://HOST/nothing.txt
ls ftp://HOST/
ls http://no-such-host.invalid/
ls http://127.0.0.1:1/
# Down
get http://HOST/d/
get http://HOST/d there
get http://HOST/notes.txt d
get http://HOST/notes.txt nodir/x
get http://HOST/nothing.txt
get notes.txt http://HOST/
get -r http://HOST/notes.txt there
get -r http://HOST/d/ copy
# Up
put http://HOST/new.txt a.txt
put a.txt notes.txt
put nothing.txt http://HOST/
put d http://HOST/
put a.txt http://HOST/d
put a.txt http://HOST/none/a.txt
put a.txt http://HOST/notes.txt/a.txt
put --no-overwrite a.txt http://HOST/notes.txt
# Copying, moving, deleting
cp http://HOST/d/ http://HOST/d/x/
cp http://HOST/notes.txt http://HOST/notes.txt
cp -r http://HOST/d http://HOST/e/
cp http://HOST/nothing http://HOST/x
cp http://HOST/notes.txt http://HOST/none/x
cp http://HOST/d/ http://HOST/notes.txt
cp a.txt http://HOST/
cp http://HOST/notes.txt http://127.0.0.1:1/
mv http://HOST/nothing http://HOST/x
rm http://HOST/d/
rm http://HOST/d
rm http://HOST/nothing
rmdir http://HOST/e/
mkdir http://HOST/d
mkdir http://HOST/none/x
mkdir http://HOST/notes.txt
# Syncing
sync http://HOST/d/ http://HOST/e/
sync a.txt http://HOST/d/
sync none http://HOST/d/
# Locks and properties
unlock http://HOST/notes.txt urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
unlock http://HOST/notes.txt token
lock http://HOST/none/x
props http://HOST/notes.txt author
watch http://HOST/notes.txt
status http://HOST/nothing
# Logging in
ls http://!HOST/
ls http://ann@!HOST/
ls http://ann:wrong@!HOST/
ls --user ann --password-file none http://!HOST/
put a.txt http://!HOST/
# The command itself
serve --port 1
serve nothing
serve --users nothing .
serve --listen 0.0.0.0:0 .
copy a b
ls
ls --timeout soon http://HOST/
`;

/** Runs the command without a terminal. @returns what it said, and its exit code where that is not 0 */
async function run(args: readonly string[], cwd: string): Promise<readonly string[]> {
  const env = { HOME: cwd, XDG_STATE_HOME: join(cwd, ".state") };
  const terminal = testTerminal({ cwd, home: cwd, env });
  const code = await runProgram(args, terminal);
  return [...terminal.printed(), ...terminal.complained, ...(code === 0 ? [] : [`exit ${code}`])];
}

/** What changes from run to run. */
function steady(line: string, cwd: string, hosts: readonly string[]): string {
  return (
    [...hosts.entries()]
      .reduce((text, [index, host]) => text.replaceAll(host, index === 0 ? "HOST" : "!HOST"), line)
      .replaceAll(cwd, "~")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d \+0000)?/g, "TIME")
      .replace(/^(ETag +).*/, "$1TAG")
      .replace(/in \d+:\d\d/, "in TIME")
      // How many there were is said where an interim response told it, which a machine under load does sooner.
      .replace(/^(copied|moved|deleted) (.*): [\d,]+ files? (?:and|or) folders?$/, "$1 $2")
      .replace(/^( *(?:used|available) ).*/, "$1ROOM")
  );
}

async function converse(hosts: readonly [open: string, withUsers: string]) {
  const said: { readonly line: string; readonly output: string }[] = [];
  const cwd = await mkdtemp(join(tmpdir(), "meanwhile-messages-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  await writeFile(join(cwd, "a.txt"), "abc");
  await mkdir(join(cwd, "d"));
  for (const line of typed.trim().split("\n")) {
    if (line.startsWith("#")) continue;
    const args = line.split(" ").map((word) => word.replace("!HOST", hosts[1]).replace("HOST", hosts[0]));
    const output = (await run(args, cwd)).map((text) => `  ${steady(text, cwd, hosts)}`);
    said.push({ line, output: output.join("\n") });
  }
  return said;
}

/** The same files on each. */
async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, "notes.txt"), "notes");
  await mkdir(join(folder, "d"));
  await mkdir(join(folder, "e"));
  await writeFile(join(folder, "d", "b.txt"), "b");
}

const hostOf = (url: string): string => new URL(url).host;

describeWith(["apache"], "the command", () => {
  test("says what happened, to what, and what to do", async () => {
    const place = await mkdtemp(join(tmpdir(), "meanwhile-messages-"));
    onTestFinished(() => rm(place, { recursive: true }));
    const usersFile = await writeUsers(place);
    const users = await readFile(usersFile, "utf8");
    const ours = await Promise.all([startServer(), startServer({ args: ["--users", usersFile] })]);
    const theirs = await Promise.all([
      startPeer(apache()),
      startPeer(apache({ scheme: "Basic", realm, users })),
    ]);
    onTestFinished(async () => {
      for (const server of [...ours, ...theirs]) await server.stop();
    });
    for (const { folder } of [...ours, ...theirs]) await fill(folder);
    for (const peer of theirs) peer.own();

    const [here, there] = await Promise.all([
      converse([hostOf(ours[0].url), hostOf(ours[1].url)]),
      converse([hostOf(theirs[0].url), hostOf(theirs[1].url)]),
    ]);
    expect(user.name).toBe("ann");
    const blocks = typed
      .trim()
      .split("\n")
      .map((line) => {
        if (line.startsWith("#")) return `\n${line}\n`;
        const [one, other] = [here, there].map((said) =>
          (said.find((each) => each.line === line)?.output ?? "").replaceAll(process.cwd(), "HERE"),
        );
        return `$ meanwhile ${line}\n${one}\n${other === one ? "" : `  -- Apache:\n${other}\n`}`;
      });
    await expect(`${blocks.join("\n").trim()}\n`).toMatchFileSnapshot("messages.txt");
  });
});
