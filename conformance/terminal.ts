import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** A terminal that programs draw on, and of which tests see what people would see: a window of tmux. */
export interface TestWindow {
  /** What is on it now, without the empty lines at its end. */
  screen(): string;
  /** Waits for something to be there. @throws an error with the screen in it, where it does not come */
  waitFor(pattern: RegExp): Promise<string>;
  /** Types keys, by tmux's names: `C-c`, `Enter`. */
  press(...keys: readonly string[]): void;
  resize(columns: number): void;
  close(): void;
}

export interface WindowOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const patienceMs = 20_000;
let windows = 0;

/** Runs a program in a window of its own; what it leaves on the screen stays there after its end. */
export function openWindow(program: readonly string[], options: WindowOptions): TestWindow {
  windows += 1;
  // A server of its own, that reads no configuration and ends with its window.
  const server = `meanwhile-test-${process.pid}-${windows}`;
  const tmux = (...args: readonly string[]): string => {
    const ran = spawnSync("tmux", ["-L", server, "-f", "/dev/null", ...args], { encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`tmux ${args[0]}: ${ran.stderr}`);
    return ran.stdout;
  };
  const { columns, rows, cwd, environment = {} } = options;
  const variables = Object.entries({ LC_ALL: "C.UTF-8", ...environment }).flatMap(([name, value]) => [
    "-e",
    `${name}=${value}`,
  ]);
  const size = ["-x", String(columns), "-y", String(rows)];
  const line = program.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  tmux("new-session", "-d", ...size, "-c", cwd, ...variables, `${line}; echo "ended with $?"; cat`);

  const screen = (): string => tmux("capture-pane", "-p").trimEnd();
  return {
    screen,
    async waitFor(pattern) {
      const end = Date.now() + patienceMs;
      for (;;) {
        const shown = screen();
        if (pattern.test(shown)) return shown;
        if (Date.now() > end) throw new Error(`${pattern} does not appear:\n${shown}`);
        await delay(50);
      }
    },
    press: (...keys) => void tmux("send-keys", ...keys),
    resize: (width) => void tmux("resize-window", "-x", String(width)),
    close: () => void spawnSync("tmux", ["-L", server, "kill-server"]),
  };
}
