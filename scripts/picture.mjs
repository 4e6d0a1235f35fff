/**
 * `npm run picture`: copies a folder of 20,000 documents on a real server with the real command in a terminal (tmux),
 * and writes what the terminal showed, at the speed at which it did, as an SVG that moves: docs/copying.svg.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { command, serve } from "./serve.mjs";

const documents = 20_000;
const columns = 80;
const rows = 3;
const stepMs = 100;
/** Of the last frame, so that it can be read. */
const restMs = 2_500;
const shownUrl = "https://files.example/";
const typed = `$ meanwhile cp ${shownUrl}photos/ ${shownUrl}backup/`;

const picture = fileURLToPath(new URL("../docs/copying.svg", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "meanwhile-picture-"));
let server;
try {
  const photos = join(place, "folder", "photos");
  mkdirSync(photos, { recursive: true });
  for (let index = 1; index <= documents; index += 1) {
    writeFileSync(join(photos, `${index}.jpg`), Buffer.alloc(4096, index));
  }
  server = await serve(place, ["--front", "none", "--processing-every", "200ms"]);
  const frames = await record(server.url);
  writeFileSync(picture, svg(frames));
  console.log(`${picture}: ${frames.length} frames, ${(frames.at(-1).atMs / 1000).toFixed(1)} s`);
} finally {
  await server?.stop();
  rmSync(place, { recursive: true, force: true });
}

/** What the terminal showed, and when. */
async function record(url) {
  const socket = `meanwhile-picture-${process.pid}`;
  const tmux = (...args) =>
    spawnSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const line = `'${process.execPath}' '${command}' cp ${url}photos/ ${url}backup/; echo ended; cat`;
  const started = performance.now();
  tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-e", "LC_ALL=C.UTF-8", line);
  const frames = [{ text: "", atMs: 0 }];
  try {
    for (;;) {
      await delay(stepMs);
      const screen = tmux("capture-pane", "-p").stdout.trimEnd();
      const text = screen.replace(/\n?ended$/, "").replaceAll(url, shownUrl);
      if (text !== frames.at(-1).text) frames.push({ text, atMs: performance.now() - started });
      if (screen.endsWith("ended")) return frames;
    }
  } finally {
    tmux("kill-server");
  }
}

function svg(frames) {
  const totalMs = frames.at(-1).atMs + restMs;
  const percent = (ms) => `${((100 * ms) / totalMs).toFixed(2)}%`;
  const width = 680;
  const height = 96;
  const drawn = frames.map(({ text, atMs }, index) => {
    const untilMs = frames[index + 1]?.atMs;
    const end = untilMs === undefined ? "" : `${percent(untilMs)}{visibility:hidden}`;
    const css = `@keyframes f${index}{0%{visibility:hidden}${percent(atMs)}{visibility:visible}${end}}#f${index}{animation:f${index} ${(totalMs / 1000).toFixed(2)}s step-end infinite}`;
    const isLast = untilMs === undefined;
    return {
      css,
      text: `<text id="f${index}"${isLast ? ' class="last"' : ""} x="16" y="72">${escaped(text)}</text>`,
    };
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="meanwhile cp shows a progress bar while the server copies a folder">
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre;visibility:hidden}.typed{fill:#8fbcbb;visibility:visible}@media (prefers-reduced-motion:reduce){.last{visibility:visible}}
@media (prefers-reduced-motion:no-preference){
${drawn.map(({ css }) => css).join("\n")}}</style>
<rect width="${width}" height="${height}" rx="8" fill="#1f2430"/>
<text class="typed" x="16" y="40">${escaped(typed)}</text>
${drawn.map(({ text }) => text).join("\n")}
</svg>
`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
