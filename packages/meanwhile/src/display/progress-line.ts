import { formatAmount, formatTime, nameAmount } from "./amounts.ts";
import { displayWidth, shorten, truncate } from "./display-width.ts";
import { printable } from "./printable.ts";
import {
  activeOf,
  besideOf,
  comingBackOf,
  failuresOf,
  memberOf,
  nothingToCount,
  type ProgressView,
  percent,
  rateOf,
  remarkOf,
  resumedOf,
  shareOf,
  timeOf,
  waiting,
} from "./progress-facts.ts";
import type { WorkNews } from "./work-news.ts";

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
    ...resumedOf(news).map((text) => ({ place: 8, text })),
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
  const last = [
    ...memberOf(news).map((text) => ({ text, fit: shorten })),
    ...remarkOf(news).map((text) => ({ text, fit: truncate })),
  ];
  for (const { text, fit } of last) {
    if (left <= leastLabel) break;
    const fitting = fit(text, left - 2);
    shown.push({ place: 9, text: fitting });
    left -= displayWidth(fitting) + 2;
  }
  const line = shown.sort((one, other) => one.place - other.place).map(({ text }) => text);
  return truncate(line.join("  "), columns);
}

function amountOf({ unit, done, total }: WorkNews): string {
  if (total === undefined) return nameAmount(done, unit);
  return `${formatAmount(done, unit)}/${formatAmount(total, unit)}`;
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  const head = full < width ? ">" : "";
  return `[${"=".repeat(full)}${head}`.padEnd(width + 1).concat("]");
}
