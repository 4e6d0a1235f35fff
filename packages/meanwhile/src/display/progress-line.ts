/** Progress as one line. */
import { formatAmount, formatBytes, formatTime, nameAmount } from "./amounts.ts";
import { displayWidth, shorten, truncate } from "./display-width.ts";
import { printable } from "./printable.ts";
import type { WorkNews } from "./work-news.ts";

/** What there is to show. */
export interface ProgressView {
  /** What is done to what: `copying photos/`. */
  readonly label: string;
  /** Undefined: nothing was heard yet. */
  readonly news: WorkNews | undefined;
  readonly elapsedMs: number;
  readonly perSecond: number | undefined;
}

const leastBar = 12;
const widestBar = 32;
const leastLabel = 12;

/**
 * One line for a terminal, at most so many columns wide: `copying photos/  [====>    ]  45%  2,701/6,001  320/s  0:10 left`.
 * What matters least is left out first.
 */
export function progressLine(view: ProgressView, columns: number): string {
  const { news } = view;
  const label = shorten(printable(view.label), Math.max(leastLabel, Math.floor(columns / 3)));
  if (news === undefined || nothingToCount(news)) {
    const parts = [label, waiting(news), formatTime(view.elapsedMs), ...failuresOf(news)];
    return truncate([...parts, ...remarkOf(news)].join("  "), columns);
  }
  const share = shareOf(news);
  const rate = news.done === 0 ? undefined : view.perSecond;
  const fields = [
    { place: 0, text: label },
    ...comingBackOf(news).map((text) => ({ place: 6, text })),
    { place: 3, text: amountOf(news) },
    ...(share === undefined ? [] : [{ place: 2, text: `${percent(share).padStart(3)}%` }]),
    { place: 5, text: timeOf(view) },
    ...failuresOf(news).map((text) => ({ place: 7, text })),
    ...(rate === undefined ? [] : [{ place: 4, text: `${rateOf(news, rate)}/s` }]),
    ...activeOf(news).map((text) => ({ place: 6, text })),
    ...besideOf(news).map((text) => ({ place: 8, text })),
  ];
  const shown: { readonly place: number; readonly text: string }[] = [];
  let left = columns;
  // In the order of their worth; shown in the order of their places.
  for (const field of fields) {
    const width = displayWidth(field.text) + (shown.length === 0 ? 0 : 2);
    if (width > left) continue;
    shown.push(field);
    left -= width;
  }
  if (share !== undefined && left >= leastBar + 4) {
    const width = Math.min(left - 4, widestBar);
    shown.push({ place: 1, text: bar(share, width) });
    left -= width + 4;
  }
  const [remark] = remarkOf(news);
  if (remark !== undefined && left > leastLabel) shown.push({ place: 9, text: truncate(remark, left - 2) });
  const line = shown.sort((one, other) => one.place - other.place).map(({ text }) => text);
  return truncate(line.join("  "), columns);
}

/** The same in words, for a log: `copying photos/: 2,701 of 6,001 members, 45%, 320/s, 0:10 left`. */
export function progressSentence(view: ProgressView): string {
  const { news, perSecond } = view;
  const label = printable(view.label);
  if (news === undefined || nothingToCount(news)) {
    const rest = [...failuresOf(news), ...remarkOf(news)];
    return [`${label}: ${waiting(news)}, ${formatTime(view.elapsedMs)} so far`, ...rest].join(", ");
  }
  const { unit, done, total } = news;
  const share = shareOf(news);
  const facts = [
    total === undefined
      ? nameAmount(done, unit)
      : `${formatAmount(done, unit)} of ${nameAmount(total, unit)}`,
    ...(share === undefined ? [] : [`${percent(share)}%`]),
    ...besideOf(news),
    ...comingBackOf(news),
    ...(perSecond === undefined ? [] : [`${rateOf(news, perSecond)}/s`]),
    timeOf(view),
    ...activeOf(news),
    ...failuresOf(news),
    ...remarkOf(news),
  ];
  return `${label}: ${facts.join(", ")}`;
}

function waiting(news: WorkNews | undefined): string {
  return news?.comingBack === true ? `${away}, trying again` : "waiting for the server";
}

function comingBackOf({ comingBack }: WorkNews): readonly string[] {
  return comingBack === true ? [away] : [];
}

/** Lost, refused, or 503: what it is the error says, if there is no coming back. */
const away = "the connection was lost";

/** Most servers say nothing at all while they work. */
function nothingToCount({ done, total }: WorkNews): boolean {
  return total === undefined && done === 0;
}

function shareOf({ done, total }: WorkNews): number | undefined {
  if (total === undefined) return undefined;
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
}

/** Never 100 before the end. */
function percent(share: number): string {
  return String(Math.floor(share * 100));
}

function amountOf({ unit, done, total }: WorkNews): string {
  if (total === undefined) return nameAmount(done, unit);
  return `${formatAmount(done, unit)}/${formatAmount(total, unit)}`;
}

function rateOf({ unit }: WorkNews, perSecond: number): string {
  if (unit === "bytes") return formatBytes(perSecond);
  return perSecond < 10 ? perSecond.toFixed(1) : formatAmount(perSecond, unit);
}

/** What is left, where that can be told, else what has passed. */
function timeOf({ news, perSecond, elapsedMs }: ProgressView): string {
  if (news?.total === undefined || perSecond === undefined || perSecond <= 0) return formatTime(elapsedMs);
  return `${formatTime((Math.max(0, news.total - news.done) / perSecond) * 1000)} left`;
}

function besideOf({ beside }: WorkNews): readonly string[] {
  if (beside === undefined) return [];
  const { unit, done, total } = beside;
  return [
    total === undefined
      ? nameAmount(done, unit)
      : `${formatAmount(done, unit)} of ${nameAmount(total, unit)}`,
  ];
}

function activeOf({ active }: WorkNews): readonly string[] {
  return active === undefined || active < 2 ? [] : [`${active} at once`];
}

function failuresOf(news: WorkNews | undefined): readonly string[] {
  return news === undefined || news.failures === 0
    ? []
    : [`${formatAmount(news.failures, "members")} failed`];
}

function remarkOf(news: WorkNews | undefined): readonly string[] {
  return news?.remark === undefined || news.remark === "" ? [] : [printable(news.remark)];
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  const head = full < width ? ">" : "";
  return `[${"=".repeat(full)}${head}`.padEnd(width + 1).concat("]");
}
