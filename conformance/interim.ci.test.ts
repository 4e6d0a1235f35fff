import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { curl } from "./curl.ts";
import { expectMonotonic, expectWellFormed, progressOf, statusUris } from "./interim-claims.ts";
import { describeWith, judge } from "./judge.ts";
import { interimsIn, type Recorder, startRecorder } from "./recorder.ts";
import { runWell } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { soak } from "./soak.ts";
import { makeTree } from "./tree.ts";

/** So many that each client would get 102s, whatever disk there is. */
const documents = soak ? 20_000 : 6_000;
const collections = documents / 100;
/** The root of the tree is one of the members. */
const members = documents + collections + 1;

const client = (name: string) => fileURLToPath(new URL(`clients/${name}`, import.meta.url));

const judges = ["curl", "python-requests", "lwp", "php", "java"] as const;

describeWith(judges, `a COPY of ${documents} documents, first 102 after 50 ms`, () => {
  let server: Server;
  /** Between clients and server, to see what the server really sent. */
  let recorder: Recorder;
  beforeAll(async () => {
    const pacing = ["--processing-after", "50ms", "--processing-every", "100ms"];
    server = await startServer({ args: ["--front", "none", ...pacing] });
    recorder = await startRecorder(server.port);
    makeTree(join(server.folder, "tree"), documents);
    await writeFile(join(server.folder, "check.txt"), "the right answer");
  });
  afterAll(async () => {
    await recorder?.stop();
    await server?.stop();
  });

  const url = (path: string) => recorder.url + path;
  const copied = async (name: string) =>
    (await readdir(join(server.folder, name), { recursive: true })).length;

  test("curl sees 102s with monotonic Progress, Location first and Status-URI later, then 201 (RFC 2518 §10.1)", async () => {
    const answer = await curl(["-X", "COPY", "-H", `Destination: ${url("by-curl")}`, url("tree")]);
    expect(answer.final.status).toBe(201);
    expect(answer.interims.length).toBeGreaterThan(2);
    expect(interimsIn(recorder.take())).toBe(answer.interims.length);
    expectWellFormed(answer);
    expectMonotonic(answer);
    const steps = answer.interims.map(progressOf);
    expect(new Set(steps.map(({ done }) => done)).size).toBeGreaterThan(2);
    for (const { total } of steps) {
      expect([undefined, members]).toContain(total);
    }
    const pairs = statusUris(answer);
    expect(pairs.length).toBeGreaterThan(0);
    for (const { status, uri } of pairs) {
      expect(status).toBe(201);
      expect(uri.startsWith(url("tree/"))).toBe(true);
    }
    expect(new Set(pairs.map(({ uri }) => uri)).size).toBe(pairs.length);
    expect(await copied("by-curl")).toBe(documents + collections);
  });

  test("curl that asks with Prefer: processing gets a 102 of a small COPY too, at once (RFC 7240)", async () => {
    const asked = ["-H", "Prefer: processing", "-H", `Destination: ${url("check2.txt")}`];
    const answer = await curl(["-X", "COPY", ...asked, url("check.txt")]);
    expect(answer.final.status).toBe(201);
    expect(answer.interims.map(({ status }) => status)).toContain(102);
    expectWellFormed(answer);
    expect(interimsIn(recorder.take())).toBe(answer.interims.length);
  });

  test("curl over HTTP/1.0 gets none, though it asks (RFC 9110 §15.2)", async () => {
    const args = ["--http1.0", "-H", "Prefer: processing", "-H", `Destination: ${url("by-1.0")}`];
    const answer = await curl(["-X", "COPY", ...args, url("tree")]);
    expect(answer.final.status).toBe(201);
    expect(answer.interims).toEqual([]);
    expect(recorder.take()).not.toContain(" 102 ");
  });

  test("curl through an undeclared proxy gets none unasked", async () => {
    const via = ["-H", "Via: 1.1 unknown.example", "-H", `Destination: ${url("by-via")}`];
    const answer = await curl(["-X", "COPY", ...via, url("tree")]);
    expect(answer.final.status).toBe(201);
    expect(interimsIn(recorder.take())).toBe(0);
    const plain = ["-H", `Destination: ${url("by-none")}`];
    const direct = await curl(["-X", "COPY", ...plain, url("tree")]);
    expect(direct.interims.length).toBeGreaterThan(0);
    recorder.take();
  });

  const breaking = [
    ["Python requests", "python-requests", "requests_copy.py"],
    ["Perl LWP", "lwp", "lwp_copy.pl"],
    ["PHP streams", "php", "streams_copy.php"],
  ] as const;
  test.each(breaking)(
    "%s, which a 102 would break, gets none and ends right",
    async (_, judgeName, script) => {
      const { program } = judge(judgeName);
      const name = `by-${script}`;
      const { stdout } = await runWell(program, [client(script), url("tree"), url(name), url("check.txt")]);
      expect(stdout).toBe("201\n200\nthe right answer");
      expect(interimsIn(recorder.take())).toBe(0);
      expect(await copied(name)).toBe(documents + collections);
    },
  );

  test("Java's HttpURLConnection gets none before Java 21, and ends its DELETE right", async () => {
    makeTree(join(server.folder, "for-java"), documents);
    const args = [client("UrlConnectionDelete.java"), url("for-java"), url("check.txt")];
    const { stdout } = await runWell("java", args);
    expect(stdout).toBe("204\n200\nthe right answer");
    const major = Number(/\d+/.exec(judge("java").version)?.[0]);
    if (major < 21) {
      expect(interimsIn(recorder.take())).toBe(0);
    }
    expect(existsSync(join(server.folder, "for-java"))).toBe(false);
  });
});
