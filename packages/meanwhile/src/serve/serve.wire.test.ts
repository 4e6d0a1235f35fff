import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseServeOptions, type TypedServeOptions } from "../options/serve-options.ts";
import { runProgram } from "../program.ts";
import type { ClientTerminal, Terminal } from "../terminal.ts";
import { testTerminal } from "../testing/test-terminal.ts";
import { type Running, serve } from "./serve.ts";

let place: string;
let running: Running | undefined;
let printed: string[];
let log: string[];
let signal: (name: NodeJS.Signals) => void;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "meanwhile-serve-"));
  mkdirSync(join(place, "files"));
  writeFileSync(join(place, "files", "a.txt"), "content of a");
  printed = [];
  log = [];
  signal = () => {};
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(place, { recursive: true });
});

const terminal = (): Terminal => ({
  print: (line) => void printed.push(line),
  complain: (line) => void log.push(line),
  log: { write: (line) => void log.push(line) },
  env: {},
  platform: "linux",
  home: place,
  onStop(listener) {
    signal = listener;
    return () => {};
  },
  exit: () => {},
  kill: () => {},
  onExit: () => () => {},
});

async function start(typed: TypedServeOptions = {}): Promise<URL> {
  const options = parseServeOptions(join(place, "files"), { listen: "127.0.0.1:0", drain: "1s", ...typed });
  running = await serve(options, terminal());
  return new URL(running.url);
}

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly interims: readonly number[];
}

function ask(
  url: URL,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const interims: number[] = [];
    const request = httpRequest(new URL(path, url), { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, interims }),
      );
    });
    request.on("information", ({ statusCode }) => void interims.push(statusCode));
    request.on("error", reject);
    request.end();
  });
}

const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("meanwhile serve", () => {
  test("says first where it listens, and serves the folder there", async () => {
    const url = await start();
    expect(printed[0]).toBe(`listening on ${url.href}`);
    expect(printed.join("\n")).toContain(join(place, "files"));
    expect(await ask(url, "GET", "/a.txt")).toMatchObject({ status: 200, text: "content of a" });
    expect((await ask(url, "OPTIONS", "/")).headers["dav"]).toMatch(/^1, ?2, ?3/);
  });

  test("prints a COPY that is answered with an interim response when it is sent as it stands", async () => {
    const url = await start();
    const line = printed.find((candidate) => candidate.includes("COPY")) ?? "";
    const [, destination = "", source = ""] = /-H 'Destination: ([^']+)' (\S+)$/.exec(line) ?? [];
    const copied = await ask(url, "COPY", new URL(source).pathname, {
      Destination: destination,
      Prefer: "processing",
      "User-Agent": "curl/8.14.1",
    });
    expect(copied.status).toBe(201);
    expect(copied.interims).toContain(102);
    expect(readFileSync(join(place, "files", "copy-of-a.txt"), "utf8")).toBe("content of a");
  });

  test("writes one JSON line a request", async () => {
    const url = await start();
    await ask(url, "GET", "/a.txt?x", { Authorization: "Basic c2VjcmV0OnNlY3JldA==" });
    await ask(url, "GET", "/none");
    await running?.close();
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { level: "info", method: "GET", target: "/a.txt?x", status: 200, address: "127.0.0.1" },
      { level: "info", method: "GET", target: "/none", status: 404 },
    ]);
    expect(log.join("")).not.toContain("c2VjcmV0");
  });

  test("with --read-only changes nothing", async () => {
    const url = await start({ readOnly: true });
    expect((await ask(url, "DELETE", "/a.txt")).status).toBe(403);
    expect((await ask(url, "GET", "/a.txt")).status).toBe(200);
  });

  test("asks for Basic or Digest credentials on loopback, and gives each user his rights", async () => {
    const users = join(place, "users");
    writeFileSync(users, `ann:${hashSync("a", 4)}\nbob:${hashSync("b", 4)}`);
    writeFileSync(`${users}.rights`, "ann rw /\nbob r /");
    const digestUsers = join(place, "digest");
    writeFileSync(digestUsers, `ann:Files:${createHash("md5").update("ann:Files:a").digest("hex")}`);
    const url = await start({ users, digestUsers });
    const asked = await ask(url, "GET", "/a.txt");
    expect(asked.status).toBe(401);
    expect(asked.headers["www-authenticate"]).toMatch(/^Digest realm="Files".*, Basic realm="Files"/);
    expect((await ask(url, "GET", "/a.txt", basic("bob", "b"))).status).toBe(200);
    expect((await ask(url, "DELETE", "/a.txt", basic("bob", "b"))).status).toBe(403);
    expect((await ask(url, "DELETE", "/a.txt", basic("ann", "b"))).status).toBe(401);
    expect((await ask(url, "DELETE", "/a.txt", basic("ann", "a"))).status).toBe(204);
    const options = await ask(url, "OPTIONS", "/a.txt");
    expect(options.status).toBe(200);
    expect(options.headers["dav"]).toBeDefined();
  });

  test("believes what a trusted proxy says of its client: Basic in clear is refused then", async () => {
    const users = join(place, "users");
    writeFileSync(users, `ann:${hashSync("a", 4)}`);
    const url = await start({ users, trustedProxy: ["127.0.0.1"] });
    const from = { "X-Forwarded-For": "192.0.2.1", ...basic("ann", "a") };
    expect((await ask(url, "GET", "/a.txt", { ...from, "X-Forwarded-Proto": "http" })).status).toBe(403);
    expect((await ask(url, "GET", "/a.txt", { ...from, "X-Forwarded-Proto": "https" })).status).toBe(200);
  });

  test("throttles with 429 and Retry-After (RFC 6585 §4)", async () => {
    const users = join(place, "users");
    writeFileSync(users, `ann:${hashSync("a", 4)}`);
    const url = await start({ users });
    for (let guess = 0; guess < 10; guess += 1) {
      expect((await ask(url, "GET", "/a.txt", basic("ann", `${guess}`))).status).toBe(401);
    }
    const throttled = await ask(url, "GET", "/a.txt", basic("ann", "a"));
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers["retry-after"])).toBeGreaterThan(200);
  });

  test("serves the sample where no folder is named, and says so", async () => {
    running = await serve(parseServeOptions(undefined, { listen: "127.0.0.1:0" }), terminal());
    expect(printed.join("\n")).toContain("copy of the sample folder");
    const listing = await ask(new URL(running.url), "PROPFIND", "/", { Depth: "1" });
    expect(listing.status).toBe(207);
    expect(listing.text).toContain("/%C3%9Cbersicht/");
  });

  test("refuses a folder that another server serves with the same state, in one line", async () => {
    await start();
    const again = serve(parseServeOptions(join(place, "files"), { listen: "127.0.0.1:0" }), terminal());
    await expect(again).rejects.toMatchObject({
      name: "CommandError",
      exitCode: 1,
      message: expect.stringMatching(/^[^\n]+$/),
    });
  });

  test("gives the state back when the port is taken", async () => {
    const url = await start({ state: join(place, "one") });
    const typed = { listen: `127.0.0.1:${url.port}`, state: join(place, "two") };
    const second = () => serve(parseServeOptions(join(place, "files"), typed), terminal());
    await expect(second()).rejects.toThrow("in use by another program");
    await running?.close();
    running = await second();
  });
});

test("the command serves until it gets a signal, then ends with 0", async () => {
  let listening = (): void => {};
  const started = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const there: ClientTerminal = {
    ...testTerminal(),
    ...terminal(),
    print(line) {
      printed.push(line);
      if (line.startsWith("listening on ")) listening();
    },
  };
  const code = runProgram(["serve", join(place, "files"), "--listen", "127.0.0.1:0"], there);
  await started;
  signal("SIGTERM");
  expect(await code).toBe(0);
  expect(printed).toContain("stopping (SIGTERM); once more stops at once");
  expect(log).toEqual([]);
});
