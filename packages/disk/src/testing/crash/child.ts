/** Another process that works with a disk, to be killed in the middle of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What the other process runs; each line that it prints is waited for by its words. */
const prelude = `
import { writeSync } from "node:fs";
import { runnerImport } from "vite";
const conditions = ["@meanwhile/source", "node", "import", "default"];
const { module } = await runnerImport(process.argv[1], {
  configFile: false, logLevel: "error", resolve: { conditions }, ssr: { resolve: { conditions } },
});
const [folder, state] = process.argv.slice(2);
const say = (line) => writeSync(1, line + "\\n");
const work = (told) => ({
  id: "child", signal: new AbortController().signal, skipped: new Set(),
  found() {}, counted() {}, done() {}, failed() {}, bytes() {}, ...told,
});
/** Nothing more happens here until the process is killed. */
const freeze = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

export interface TestChild {
  readonly process: ChildProcess;
  /** Resolves once it printed the line; fails where it ends before. */
  says(line: string): Promise<void>;
  /** Kills it as a power loss would, as far as the process goes. */
  kill(): Promise<void>;
}

/**
 * Runs a script that has `module` (the exports of disk.ts), `folder`, `state`, `say`, `work` and `freeze`.
 * @param preloaded a script without them, which runs in the worker threads too, before all else
 */
export function startChild(
  place: { readonly folder: string; readonly state: string },
  script: string,
  preloaded = "",
): TestChild {
  const disk = fileURLToPath(new URL("../../disk.ts", import.meta.url));
  // The worker threads of the disk need it, as those of the tests do.
  const loader = process.execArgv.filter((option) => option.startsWith("--import="));
  const early = preloaded === "" ? [] : [`--import=data:text/javascript,${encodeURIComponent(preloaded)}`];
  const child = spawn(
    process.execPath,
    [...loader, ...early, "--input-type=module", "--eval", prelude + script, disk, place.folder, place.state],
    { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: ["ignore", "pipe", "pipe"] },
  );
  let printed = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    child.emit("printed");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  child.once("exit", () => child.emit("printed"));
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  onTestFinished(kill);
  return {
    process: child,
    kill,
    says: async (line) => {
      while (!printed.split("\n").includes(line)) {
        if (child.exitCode !== null)
          throw new Error(`the process ended before it said "${line}": ${complaint}`);
        await once(child, "printed");
      }
    },
  };
}
