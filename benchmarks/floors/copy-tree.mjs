/**
 * The floor of a COPY of a tree on Node: two threads make plain synchronous calls, with the cares that cost a call each (no link
 * followed, none waited for, mode masked, time kept) and no others: no record, no progress, no counting, nothing staged.
 *
 *   node copy-tree.mjs SOURCE DESTINATION [--sync]     --sync: each file and directory is synced; four threads then
 *
 * Prints the milliseconds that it took, without the start of its threads.
 */
import * as fs from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/** Copies the files of a directory. @returns the directories in it, which are made */
function copyDirectory({ from, to, sync }) {
  const below = [];
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory()) {
      fs.mkdirSync(target, fs.lstatSync(source).mode & 0o777);
      below.push({ from: source, to: target, sync });
    } else if (entry.isFile()) copyFile(source, target, sync);
  }
  if (sync) syncAndClose(fs.openSync(to, O_RDONLY | O_DIRECTORY));
  return below;
}

function copyFile(source, target, sync) {
  const from = fs.openSync(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const { size, mode, mtimeMs } = fs.fstatSync(from);
  const to = fs.openSync(target, O_WRONLY | O_CREAT | O_EXCL, mode & 0o777);
  for (let at = 0; at < size; )
    at += fs.writeSync(to, buffer, 0, fs.readSync(from, buffer, 0, buffer.length, at));
  fs.futimesSync(to, Date.now() / 1000, mtimeMs / 1000);
  fs.closeSync(from);
  if (sync) syncAndClose(to);
  else fs.closeSync(to);
}

function syncAndClose(fd) {
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

if (isMainThread) {
  const [from, to, option] = process.argv.slice(2);
  const sync = option === "--sync";
  const workers = Array.from({ length: sync ? 4 : 2 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  const started = performance.now();
  fs.mkdirSync(to);
  const waiting = [{ from, to, sync }];
  const idle = [...workers];
  const give = () => {
    while (idle.length > 0 && waiting.length > 0) idle.pop().postMessage(waiting.pop());
    if (idle.length < workers.length) return;
    console.log((performance.now() - started).toFixed(1));
    for (const worker of workers) worker.unref();
  };
  for (const worker of workers) {
    worker.on("message", (below) => {
      waiting.push(...below);
      idle.push(worker);
      give();
    });
  }
  give();
} else {
  parentPort.on("message", (directory) => parentPort.postMessage(copyDirectory(directory)));
  parentPort.postMessage("ready");
}
