import { SingleBar } from "cli-progress";
import type { ClientTerminal } from "../terminal.ts";
import { type ProgressDisplay, viewOf } from "./progress-display.ts";
import { progressLine } from "./progress-line.ts";

/** Milliseconds before the bar appears: what is done sooner needs none. */
export const barAfterMs = 400;
/** Of a terminal that does not tell. */
const usualColumns = 80;

/** A bar at the bottom of the terminal, redrawn ten times a second, as wide as the terminal is then. */
export function barDisplay(terminal: ClientTerminal, label: string): ProgressDisplay {
  const { screen, timing } = terminal;
  const view = viewOf(terminal, label);
  let bar: SingleBar | undefined;
  let cancel = timing.after(barAfterMs, draw);

  function draw(): void {
    bar = new SingleBar({
      stream: screen,
      fps: 10,
      hideCursor: true,
      clearOnComplete: true,
      // One less: some terminals go to the next line after the last column.
      format: () => progressLine(view.now(), (screen.columns || usualColumns) - 1),
    });
    bar.start(1, 0);
  }

  function erase(): void {
    bar?.stop();
    bar = undefined;
  }

  return {
    show: view.note,
    complain(line) {
      const drawn = bar !== undefined;
      erase();
      terminal.complain(line);
      if (drawn) draw();
    },
    end() {
      cancel();
      cancel = () => {};
      erase();
    },
  };
}
