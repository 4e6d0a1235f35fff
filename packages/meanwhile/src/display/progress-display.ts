/** Where news of a work goes while it runs. */
import type { ClientTerminal } from "../terminal.ts";
import { printableJson } from "./printable.ts";
import type { ProgressView } from "./progress-facts.ts";
import { progressSentence } from "./progress-sentence.ts";
import { createRate } from "./rate.ts";
import type { WorkNews } from "./work-news.ts";

/** A work that runs. Ends with `end()`, which leaves nothing of it behind on the screen. */
export interface ProgressDisplay {
  show(news: WorkNews): void;
  /** Writes a line to standard error, without disturbing the display. */
  complain(line: string): void;
  end(): void;
}

/** Milliseconds between lines, where there is no terminal to draw on. */
const lineEveryMs = 5000;
/** Milliseconds between objects, at least; the last one is always told. */
const objectEveryMs = 100;

/** Shows nothing. */
export function silentDisplay(terminal: ClientTerminal): ProgressDisplay {
  return { show: () => {}, complain: terminal.complain, end: () => {} };
}

/** Now and then a line on standard error. Quick works have none. */
export function lineDisplay(terminal: ClientTerminal, label: string): ProgressDisplay {
  const { timing } = terminal;
  const view = viewOf(terminal, label);
  let cancel = timing.after(lineEveryMs, tell);
  function tell(): void {
    terminal.complain(progressSentence(view.now()));
    cancel = timing.after(lineEveryMs, tell);
  }
  return { show: view.note, complain: terminal.complain, end: () => cancel() };
}

/** One JSON object a line on standard output. */
export function jsonDisplay(terminal: ClientTerminal, label: string): ProgressDisplay {
  const { timing } = terminal;
  let latest: WorkNews | undefined;
  let cancel: (() => void) | undefined;
  let told = "";
  const tell = (): void => {
    cancel = undefined;
    if (latest === undefined) return;
    const line = printableJson({ type: "progress", doing: label, ...latest });
    latest = undefined;
    if (line === told) return;
    told = line;
    terminal.print(line);
    cancel = timing.after(objectEveryMs, tell);
  };
  return {
    show(news) {
      latest = news;
      if (cancel === undefined) tell();
    },
    complain: terminal.complain,
    end() {
      cancel?.();
      tell();
      cancel?.();
    },
  };
}

/** The latest news, and how quickly it changes. */
export function viewOf(
  { timing }: ClientTerminal,
  label: string,
): { note(news: WorkNews): void; now(): ProgressView } {
  const startedMs = timing.now();
  let rate = createRate();
  let news: WorkNews | undefined;
  return {
    note(latest) {
      if (news !== undefined && news.stage !== latest.stage) rate = createRate();
      news = latest;
      rate.note(latest.done, timing.now());
    },
    now() {
      const nowMs = timing.now();
      return { label, news, elapsedMs: nowMs - startedMs, perSecond: rate.perSecond(nowMs) };
    },
  };
}
