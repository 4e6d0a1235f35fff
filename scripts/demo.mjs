/**
 * `npm run demo`: copies a tree of 20,000 real documents and shows every interim response as it arrives, then the
 * final response and the status document. All of it is in temporary folders, which are removed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./serve.mjs";

const documents = 20_000;
const terminal = process.stdout.isTTY === true;

const place = mkdtempSync(join(tmpdir(), "meanwhile-demo-"));
let server;
process.on("SIGINT", () => cleanUp().then(() => process.exit(130)));
try {
  console.log(`Making ${documents.toLocaleString("en")} documents in ${place}`);
  makeTree(join(place, "folder", "tree"));
  server = await serve(place, [
    "--front",
    "none",
    "--processing-after",
    "100ms",
    "--processing-every",
    "200ms",
  ]);
  const { url } = server;
  console.log(`\nCOPY ${url}tree/ HTTP/1.1\nDestination: ${url}copied/\nPrefer: processing\n`);
  const started = performance.now();
  const { status, statusDocument, interims } = await copy(url);
  console.log(`\n${interims} interim responses, then the final one after ${seconds(started)} s: ${status}`);
  console.log(`\nThe status document, ${statusDocument}:`);
  console.log(JSON.stringify(await (await fetch(statusDocument)).json(), undefined, 2));
} finally {
  await cleanUp();
}

function makeTree(folder) {
  for (let index = 0; index < documents; index += 1) {
    const collection = join(folder, `c${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(collection, { recursive: true });
    writeFileSync(join(collection, `d${index}.txt`), `document ${index}\n`);
  }
}

function copy(url) {
  let statusDocument;
  let interims = 0;
  return new Promise((resolve, reject) => {
    const headers = { Destination: `${url}copied/`, Prefer: "processing", "User-Agent": "node" };
    const asked = request(`${url}tree/`, { method: "COPY", headers });
    asked.on("error", reject);
    asked.on("information", ({ statusCode, statusMessage, headers: fields, rawHeaders }) => {
      interims += 1;
      if (fields.location !== undefined) statusDocument = new URL(fields.location, url).href;
      show(`HTTP/1.1 ${statusCode} ${statusMessage}`, pairsOf(rawHeaders));
      if (fields.progress !== undefined) bar(String(fields.progress));
    });
    asked.on("response", (response) => {
      if (terminal) process.stdout.write("\n\n");
      show(`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`, pairsOf(response.rawHeaders));
      response.resume();
      response.on("end", () => {
        resolve({ status: `${response.statusCode} ${response.statusMessage}`, statusDocument, interims });
      });
    });
    asked.end();
  });
}

/** A response's status line and fields; of many Status-URI only the first two. */
function show(statusLine, fields) {
  const clear = terminal ? "\r\x1b[2K" : "";
  const uris = fields.filter(([name]) => name.toLowerCase() === "status-uri");
  const others = fields.filter(([name]) => name.toLowerCase() !== "status-uri");
  console.log(`${clear}${statusLine}`);
  for (const [name, value] of [...others, ...uris.slice(0, 2)]) {
    console.log(`  ${name}: ${value}`);
  }
  if (uris.length > 2) console.log(`  ... and ${uris.length - 2} more Status-URI`);
}

function bar(progress) {
  const [, done, total] = /^(\d+)\/(\d+)/.exec(progress) ?? [];
  if (!terminal || done === undefined) return;
  const width = 50;
  const filled = Math.round((width * Number(done)) / Math.max(1, Number(total)));
  process.stdout.write(`[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${done} of ${total}`);
}

function pairsOf(raw) {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]]);
}

function seconds(started) {
  return ((performance.now() - started) / 1000).toFixed(1);
}

async function cleanUp() {
  await server?.stop();
  rmSync(place, { recursive: true, force: true });
}
