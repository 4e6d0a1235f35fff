/** What a command says, and how: to people, to machines, or hardly at all. */
import type { ClientTerminal } from "../terminal.ts";
import { printableJson } from "./printable.ts";
import { jsonDisplay, lineDisplay, type ProgressDisplay, silentDisplay } from "./progress-display.ts";

export interface ReportOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** A JSON object; `type` says which. */
export interface Fact {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Report extends ReportOptions {
  /** What was asked for: on standard output, as text or as an object. */
  answer(text: string, fact: Fact): Promise<void>;
  /** What was done: the same, but `--quiet` leaves it out. */
  done(text: string, fact: Fact): Promise<void>;
  /** A line on standard error. */
  warn(text: string): void;
  /** Begins to show how far a work is. */
  progress(label: string): Promise<ProgressDisplay>;
}

/** Makes what a command tells by: lines for people, or JSON. */
export function createReport(terminal: ClientTerminal, options: ReportOptions): Report {
  const { json, quiet } = options;
  const answer = (text: string, fact: Fact): Promise<void> =>
    terminal.write(`${json ? printableJson(fact) : text}\n`);
  let running: ProgressDisplay | undefined;
  return {
    json,
    quiet,
    answer,
    async done(text, fact) {
      if (!quiet || json) await answer(text, fact);
    },
    warn(text) {
      (running ?? terminal).complain(`meanwhile: ${text}`);
    },
    async progress(label) {
      const display = await displayFor(terminal, options, label);
      running = display;
      return {
        ...display,
        end() {
          if (running === display) running = undefined;
          display.end();
        },
      };
    },
  };
}

async function displayFor(
  terminal: ClientTerminal,
  { json, quiet }: ReportOptions,
  label: string,
): Promise<ProgressDisplay> {
  if (json) return jsonDisplay(terminal, label);
  if (quiet) return silentDisplay(terminal);
  if (terminal.screen.isTTY !== true || terminal.env["TERM"] === "dumb") return lineDisplay(terminal, label);
  // Only now: most commands draw none.
  const { barDisplay } = await import("./bar-display.ts");
  return barDisplay(terminal, label);
}
