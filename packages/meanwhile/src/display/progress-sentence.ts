import { formatTime } from "./amounts.ts";
import { printable } from "./printable.ts";
import {
  activeOf,
  besideOf,
  comingBackOf,
  countOf,
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

/** Progress in words, for a log: `copying photos/: 2,701 of 6,001 members, 45%, 320/s, 0:10 left`. */
export function progressSentence(view: ProgressView): string {
  const { news, perSecond } = view;
  const label = printable(view.label);
  if (news === undefined || nothingToCount(news)) {
    const rest = [...failuresOf(news), ...remarkOf(news)];
    return [`${label}: ${waiting(news)}, ${formatTime(view.elapsedMs)} so far`, ...rest].join(", ");
  }
  const share = shareOf(news);
  const facts = [
    countOf(news),
    ...(share === undefined ? [] : [`${percent(share)}%`]),
    ...besideOf(news),
    ...comingBackOf(news),
    ...resumedOf(news),
    ...(perSecond === undefined ? [] : [`${rateOf(news, perSecond)}/s`]),
    timeOf(view),
    ...activeOf(news),
    ...failuresOf(news),
    ...memberOf(news),
    ...remarkOf(news),
  ];
  return `${label}: ${facts.join(", ")}`;
}
