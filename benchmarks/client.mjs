/**
 * The command and the library against curl, rclone and npm's webdav, all at the same server (Apache's mod_dav), in
 * interleaved rounds: wall and CPU time of the whole process. Needs the build, and `npm run judges bench`.
 *
 *   node benchmarks/client.mjs [--rounds N] [--members N] [--puts N] [--mebibytes N]
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { apache } from "../conformance/peers/apache.mjs";
import { startPeer } from "../conformance/peers/peer.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    members: { type: "string", default: "10000" },
    puts: { type: "string", default: "1000" },
    mebibytes: { type: "string", default: "1024" },
  },
});
const members = Number(values.members);
const puts = Number(values.puts);
const mebibytes = Number(values.mebibytes);

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = (program, ...args) => [
  process.execPath,
  "--conditions=@meanwhile/built",
  file(program),
  ...args,
];
const meanwhile = (...args) => node("../packages/meanwhile/bin/meanwhile.js", ...args);
const job = (library, ...args) => node("client-job.mjs", library, ...args);
const rclone = (url, ...args) => [
  ...["rclone", "--config", "/dev/null", ...args],
  ...["--webdav-url", url, "--webdav-vendor", "other"],
];

const place = mkdtempSync(join(tmpdir(), "meanwhile-client-bench-"));
const small = join(place, "small");
const large = join(place, "large.bin");
mkdirSync(small);
for (let number = 0; number < puts; number += 1)
  writeFileSync(join(small, `f${number}.txt`), "x".repeat(1024));
writeFileSync(large, Buffer.alloc(mebibytes * 2 ** 20, "m"));

const site = await startPeer(apache());
try {
  mkdirSync(join(site.folder, "many"));
  for (let number = 0; number < members; number += 1) {
    writeFileSync(join(site.folder, "many", `document-${number}.txt`), "x");
  }
  writeFileSync(join(site.folder, "large.bin"), Buffer.alloc(mebibytes * 2 ** 20, "m"));
  await compare();
} finally {
  await site.stop();
  rmSync(place, { recursive: true, force: true });
}

/** What each program does for each job; each gets a new collection for what it writes, so that nothing is there already. */
function jobs() {
  const { url } = site;
  const many = `${url}many/`;
  let collections = 0;
  const target = () => {
    collections += 1;
    // By the server, which may write only into what is its own.
    execFileSync("curl", ["-sS", "-X", "MKCOL", `${url}target-${collections}/`]);
    return `${url}target-${collections}/`;
  };
  const putsOf = (collection) => readdirSync(small).flatMap((name) => ["-T", join(small, name), collection]);
  const curl = (...args) => ["curl", "-sS", "-o", "/dev/null", ...args];
  return {
    [`list ${members} members`]: () => ({
      "meanwhile ls": meanwhile("ls", "--json", many),
      "@meanwhile/client": job("meanwhile", "list", many),
      curl: curl("-X", "PROPFIND", "-H", "Depth: 1", many),
      rclone: rclone(many, "lsf", ":webdav:"),
      "npm webdav": job("webdav", "list", many),
    }),
    [`${puts} PUTs of 1 KiB`]: () => ({
      "meanwhile put -r": meanwhile("put", "-r", "--quiet", `${small}/`, target()),
      "@meanwhile/client": job("meanwhile", "puts", target(), small),
      "curl (one at a time)": curl(...putsOf(target())),
      rclone: rclone(target(), "copy", small, ":webdav:", "--transfers", "4", "--ignore-times"),
      "npm webdav": job("webdav", "puts", target(), small),
    }),
    [`GET of ${mebibytes} MiB`]: () => ({
      "meanwhile get": meanwhile("get", "--quiet", `${url}large.bin`, "-"),
      "@meanwhile/client": job("meanwhile", "get", url),
      curl: curl(`${url}large.bin`),
      rclone: rclone(url, "cat", ":webdav:large.bin"),
      "npm webdav": job("webdav", "get", url),
    }),
    [`PUT of ${mebibytes} MiB`]: () => ({
      "meanwhile put": meanwhile("put", "--quiet", large, `${target()}sent.bin`),
      "@meanwhile/client": job("meanwhile", "put", target(), large),
      curl: curl("-T", large, `${target()}sent.bin`),
      rclone: rclone(target(), "copyto", large, ":webdav:sent.bin", "--ignore-times"),
      "npm webdav": job("webdav", "put", target(), large),
    }),
  };
}

async function compare() {
  console.log(
    `Node ${process.version}; Apache's mod_dav; best of ${values.rounds} interleaved rounds; ratios to curl\n`,
  );
  console.log("| job | program | wall | ratio | CPU | ratio |");
  console.log("|---|---|---|---|---|---|");
  for (const [title, programs] of Object.entries(jobs())) {
    const best = new Map();
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [name, command] of Object.entries(programs())) {
        const figures = await timed(command);
        const earlier = best.get(name);
        best.set(name, {
          wall: Math.min(figures.wall, earlier?.wall ?? Infinity),
          cpu: Math.min(figures.cpu, earlier?.cpu ?? Infinity),
        });
      }
      for (const name of readdirSync(site.folder))
        if (name.startsWith("target-")) rmSync(join(site.folder, name), { recursive: true });
    }
    const curl = [...best].find(([name]) => name.startsWith("curl"))[1];
    for (const [name, { wall, cpu }] of best) {
      const cells = [
        `${wall.toFixed(2)} s`,
        (wall / curl.wall).toFixed(1),
        `${cpu.toFixed(2)} s`,
        (cpu / curl.cpu).toFixed(1),
      ];
      console.log(`| ${[title, name, ...cells].join(" | ")} |`);
    }
  }
}

/** Wall and CPU seconds of a program, as the shell tells them. */
function timed(command) {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null', "--", ...command], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const lines = errors.trim().split("\n");
      const [wall = 0, user = 0, system = 0] = (lines.at(-1) ?? "").split(" ").map(Number);
      if (code === 0) resolve({ wall, cpu: user + system });
      else
        reject(new Error(`${command.join(" ").slice(0, 200)} ended with ${code}: ${errors.slice(0, 2000)}`));
    });
  });
}
