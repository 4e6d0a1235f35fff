import type { ClientTerminal } from "../terminal.ts";
import { type ProgressDisplay, viewOf } from "./progress-display.ts";
import { progressLine } from "./progress-line.ts";

/** Milliseconds before the bar appears: what is done sooner needs none. */
const barAfterMs = 400;
/** Milliseconds from one drawing to the next. */
const redrawMs = 100;
/** Of a terminal that does not tell. */
const usualColumns = 80;

/** ECMA-48: DECTCEM off and on; to the line's beginning, and what is behind it erased. */
const hideCursor = "\u001B[?25l";
const showCursor = "\u001B[?25h";
const clearLine = "\r\u001B[K";

/** A bar at the bottom of the terminal, redrawn ten times a second, as wide as the terminal is then. */
export function barDisplay(terminal: ClientTerminal, label: string): ProgressDisplay {
  const { screen, timing } = terminal;
  const view = viewOf(terminal, label);
  let drawn: string | undefined;
  let cancel = timing.after(barAfterMs, draw);
  const forgetExit = terminal.onExit(erase);

  function draw(): void {
    // One less: some terminals go to the next line after the last column.
    const line = progressLine(view.now(), (screen.columns || usualColumns) - 1);
    if (line !== drawn) screen.write(`${drawn === undefined ? hideCursor : ""}${clearLine}${line}`);
    drawn = line;
    cancel = timing.after(redrawMs, draw);
  }

  function erase(): void {
    cancel();
    if (drawn !== undefined) screen.write(`${clearLine}${showCursor}`);
  }

  return {
    show: view.note,
    complain(line) {
      const wasDrawn = drawn !== undefined;
      if (wasDrawn) erase();
      drawn = undefined;
      terminal.complain(line);
      if (wasDrawn) draw();
    },
    end() {
      forgetExit();
      erase();
      drawn = undefined;
    },
  };
}
