/** Nothing outside the folder is reached, while another program swaps names below it for links that lead out. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../judge.ts";
import { pseudoRandom, seed } from "../random.ts";
import { type Server, startServer } from "../server.ts";
import { soak } from "../soak.ts";

const seconds = soak ? 60 : 4;
const clients = 8;
const swapper = fileURLToPath(new URL("swap-links.mjs", import.meta.url));

/** Each is in the folder, and has a canary of the same path outside. A name with "/" at its end is a directory. */
const swapped = ["c0", "c1", "c2"].flatMap((top) =>
  ["/", "/doc", "/inner/", "/inner/doc", "/inner/deep/", "/inner/deep/doc"].map((name) => top + name),
);
const documents = swapped.filter((name) => !name.endsWith("/"));
const collections = swapped.filter((name) => name.endsWith("/"));
/** Names that the requests make and remove; the first has a canary of its own, the others have none outside. */
const made = ["new-0", "new-1", "new-2"];

const secret = "the secret that lies outside";
const canaryName = "name-of-a-canary";
/** That of every canary, which no listing may tell. */
const canaryBytes = 31_337;
const canary = secret.padEnd(canaryBytes, ".");
const canaryNames = collections.flatMap((name) => [name + canaryName, `${name}new-0`]);

const lockinfo =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const update = '<propertyupdate xmlns="DAV:"><set><prop><a xmlns="urn:x">b</a></prop></set></propertyupdate>';
const xml = { "Content-Type": "application/xml" };
const draft = { "Upload-Draft-Interop-Version": "8" };

interface Heard {
  readonly status: number;
  readonly location: string;
  readonly lockToken: string;
}
type Ask = (
  kind: string,
  path: string,
  fields?: Readonly<Record<string, string>>,
  content?: string,
) => Promise<Heard>;
type Chosen = <T>(list: readonly T[]) => T;

/** What a client does once. A tree is never copied into one of its own kind, so that trees stay small. */
const deeds: readonly ((ask: Ask, of: Chosen, origin: string) => Promise<unknown>)[] = [
  (ask, of) => ask("GET", of([...documents, ...collections])),
  (ask, of) => ask("HEAD", of(documents)),
  (ask, of) => ask("OPTIONS", of([...documents, ...collections])),
  (ask, of) => ask("PROPFIND", of([...documents, ...collections]), { Depth: "0" }),
  (ask, of) => ask("PROPFIND", of(collections), { Depth: "1" }),
  (ask, of) => ask("PROPFIND", of(collections), { Depth: "infinity" }),
  (ask, of) => ask("PUT", of(documents), {}, "public"),
  (ask, of) => ask("PUT", of(collections) + of(made), {}, "public"),
  (ask, of) => ask("MKCOL", of(collections) + of(made)),
  (ask, of, origin) => ask("COPY", of(documents), to(origin, of(documents))),
  (ask, of, origin) => ask("COPY", of(documents), to(origin, of(collections) + of(made))),
  (ask, of, origin) => ask("MOVE", of(documents), to(origin, of(documents))),
  (ask, of, origin) => ask("MOVE", of(documents), to(origin, of(collections) + of(made))),
  ...["COPY", "MOVE"].flatMap((method) => [
    (ask: Ask, of: Chosen, origin: string) => ask(`${method} tree`, of(tops), to(origin, of(made))),
    (ask: Ask, of: Chosen, origin: string) =>
      ask(`${method} tree`, of(inner), to(origin, of(tops) + of(made))),
    (ask: Ask, of: Chosen, origin: string) => ask(`${method} tree`, of(deep), to(origin, of(inner))),
    (ask: Ask, of: Chosen, origin: string) =>
      ask(`${method} tree`, of(deep), to(origin, of(inner) + of(made))),
  ]),
  (ask, of) => ask("DELETE", of(documents)),
  (ask, of) => ask("DELETE", of(collections) + of(made)),
  (ask, of) => ask("DELETE", of(made)),
  (ask, of) => ask("DELETE tree", of(collections)),
  (ask, of) => ask("PROPPATCH", of([...documents, ...collections]), xml, update),
  async (ask, of) => {
    const path = of([...documents, ...collections, `${of(collections)}${of(made)}`]);
    const { lockToken } = await ask("LOCK", path, { ...xml, Timeout: "Second-2" }, lockinfo);
    if (lockToken !== "") await ask("UNLOCK", path, { "Lock-Token": lockToken });
  },
  async (ask, of) => {
    const path = of([...documents, `${of(collections)}${of(made)}`]);
    const { location } = await ask("upload", path, { ...draft, "Upload-Complete": "?0" }, "pub");
    if (location === "") return;
    const offset = { "Upload-Offset": "3", "Upload-Complete": "?1" };
    const type = { "Content-Type": "application/partial-upload" };
    await ask(
      "append",
      new URL(location, "http://x/").pathname.slice(1),
      { ...draft, ...type, ...offset },
      "lic",
    );
  },
];
const tops = collections.filter((name) => name.split("/").length === 2);
const inner = collections.filter((name) => name.split("/").length === 3);
const deep = collections.filter((name) => name.split("/").length === 4);
const methods: Readonly<Record<string, string>> = { upload: "PUT", append: "PATCH" };

testWith(
  ["linux"],
  `nothing outside is read, written, made or removed in ${seconds} s of swapped links, whatever method is running`,
  async () => {
    const place = mkdtempSync(join(tmpdir(), "meanwhile-swaps-"));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const folder = join(place, "folder");
    const outside = join(place, "outside");
    furnish(folder, "public");
    furnishOutside(outside);
    const server = await startServer({ folder, args: ["--durability", "none", "--log-level", "error"] });
    onTestFinished(() => server.stop());
    const before = timesOf(outside);
    const swaps = startSwaps(folder, outside);
    const told = await askAll(server);
    const swapsOf = await swaps.end();
    const last = await fetch(new URL("still-here", server.url), { method: "PUT", body: "x" });
    expect(last.status).toBe(201);
    await server.stop();

    // Before anything of it is read: times of access count, too.
    expect(timesOf(outside)).toEqual(before);
    for (const name of [...documents, ...canaryNames])
      expect(readFileSync(join(outside, name), "utf8")).toBe(canary);
    expect(told.faults).toEqual([]);
    expect(holdersOf(secret, folder)).toEqual([]);
    const all = Object.values(swapsOf).reduce((sum, one) => sum + one, 0);
    const counts = Object.entries(told.counts).map(([kind, { all, well }]) => `${kind} ${all} (${well})`);
    if (soak)
      console.info(`${all} swaps; requests (that succeeded): ${counts.sort().join(", ")}; seed ${seed}`);
    for (const name of swapped) expect(swapsOf[name] ?? 0, `${name} was swapped`).toBeGreaterThan(0);
    for (const [kind, { well }] of Object.entries(told.counts)) expect(well, kind).toBeGreaterThan(0);
  },
  { timeout: (seconds + 60) * 1000 },
);

/** Lets clients ask at random until the time is over. */
async function askAll(server: Server) {
  const until = performance.now() + seconds * 1000;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const counts: Record<string, { all: number; well: number }> = {};
  const faults: string[] = [];
  const ask: Ask = async (kind, path, fields = {}, content = "") => {
    const method = methods[kind] ?? kind.split(" ")[0] ?? kind;
    const heard = await exchange(server, agent, method, path, fields, content);
    const of = `${kind}${fields["Depth"] === undefined ? "" : ` ${fields["Depth"]}`}`;
    counts[of] ??= { all: 0, well: 0 };
    counts[of].all += 1;
    if (heard.status < 300) counts[of].well += 1;
    const leak = [secret, canaryName, String(canaryBytes)].find((sign) => heard.whole.includes(sign));
    if (leak !== undefined) faults.push(`${method} /${path} tells "${leak}": ${heard.whole.slice(0, 2000)}`);
    if (heard.status >= 500 && heard.status !== 503)
      faults.push(`${method} /${path}: ${heard.whole.slice(0, 500)}`);
    return heard;
  };
  const clientsDone = Array.from({ length: clients }, async (_, index) => {
    const random = pseudoRandom(seed + index);
    const of: Chosen = (list) => list[Math.floor(random() * list.length)] as (typeof list)[number];
    while (performance.now() < until && faults.length < 10) await of(deeds)(ask, of, server.url);
  });
  await Promise.all(clientsDone);
  agent.destroy();
  return { counts, faults };
}

function exchange(
  { host, port }: Server,
  agent: Agent,
  method: string,
  path: string,
  fields: Readonly<Record<string, string>>,
  content: string,
): Promise<Heard & { readonly whole: string }> {
  return new Promise((resolve, reject) => {
    const headers = content === "" ? fields : { ...fields, "Content-Length": Buffer.byteLength(content) };
    const asked = request({ host, port, agent, method, path: `/${path}`, headers }, async (answer) => {
      try {
        const body = await text(answer);
        const { location = "", "lock-token": token } = answer.headers;
        const lockToken = typeof token === "string" ? token : "";
        const whole = `${answer.statusCode} ${answer.rawHeaders.join("\n")}\n\n${body}`;
        resolve({ status: answer.statusCode ?? 0, location, lockToken, whole });
      } catch (error) {
        reject(error);
      }
    });
    asked.on("error", reject);
    asked.end(content);
  });
}

function startSwaps(folder: string, outside: string) {
  const child = spawn(process.execPath, [swapper, folder, outside, String(seed), ...swapped], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = text(child.stdout);
  return {
    async end(): Promise<Readonly<Record<string, number>>> {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
      expect(child.exitCode).toBe(0);
      return JSON.parse(await said);
    },
  };
}

function furnish(place: string, content: string): void {
  for (const name of collections) mkdirSync(join(place, name), { recursive: true });
  for (const name of documents) writeFileSync(join(place, name), content);
}

/** What has the paths of the folder outside of it: for each name, and in each collection two more. */
function furnishOutside(outside: string): void {
  furnish(outside, canary);
  for (const name of canaryNames) writeFileSync(join(outside, name), canary);
  mkdirSync(join(outside, "hops"));
  for (const name of swapped) {
    const path = name.replace(/\/$/, "");
    symlinkSync(join(outside, path), join(outside, "hops", path.replaceAll("/", "-")));
  }
  // What was last read before it was changed has a new time of access once it is read.
  for (const name of [...documents, ...canaryNames, ...collections, ""])
    utimesSync(join(outside, name), 1, 2);
}

/** What would show that any of it was read, written, made or removed. No directory is read for it. */
function timesOf(outside: string): readonly string[] {
  return ["", "hops", ...swapped, ...canaryNames].map((name) => {
    const { ino, mode, nlink, size, mtimeNs, ctimeNs, atimeNs } = lstatSync(join(outside, name), {
      bigint: true,
    });
    return [name, ino, mode, nlink, size, mtimeNs, ctimeNs, atimeNs].join(" ");
  });
}

/** Files below a folder that have a text in them. Links are not followed. */
function holdersOf(sign: string, folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(sign));
}

function to(origin: string, path: string): Readonly<Record<string, string>> {
  return { Destination: origin + path };
}
