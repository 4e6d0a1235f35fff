/** What there is to say of progress, piece by piece. */
import { formatAmount, formatBytes, formatTime, nameAmount } from "./amounts.ts";
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

/** What is said while there is nothing to count. */
export function waiting(news: WorkNews | undefined): string {
  return news?.comingBack === true ? `${away}, trying again` : "waiting for the server";
}

/** That the client tries to come back, if it does. */
export function comingBackOf({ comingBack }: WorkNews): readonly string[] {
  return comingBack === true ? [away] : [];
}

/** Where an upload went on, if it did: the last time, where it did so more than once. */
export function resumedOf({ resumed }: Pick<WorkNews, "resumed">): readonly string[] {
  if (resumed === undefined) return [];
  const { at, times } = resumed;
  const often = times === 1 ? "" : ` ${times} times, the last time`;
  return [`went on${often} at ${formatBytes(at)}`];
}

/** Lost, refused, or 503: what it is the error says, if there is no coming back. */
const away = "the connection was lost";

/** Most servers say nothing at all while they work. */
export function nothingToCount({ done, total }: WorkNews): boolean {
  return total === undefined && done === 0;
}

/** How much is done, from 0 to 1; undefined where the total is not known. */
export function shareOf({ done, total }: WorkNews): number | undefined {
  if (total === undefined) return undefined;
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
}

/** Never 100 before the end. */
export function percent(share: number): string {
  return String(Math.floor(share * 100));
}

/** How much a second, without the unit of time. */
export function rateOf({ unit }: WorkNews, perSecond: number): string {
  if (unit === "bytes") return formatBytes(perSecond);
  return perSecond < 10 ? perSecond.toFixed(1) : formatAmount(perSecond, unit);
}

/** What is left, where that can be told, else what has passed. */
export function timeOf({ news, perSecond, elapsedMs }: ProgressView): string {
  if (news?.total === undefined || perSecond === undefined || perSecond <= 0) return formatTime(elapsedMs);
  return `${formatTime((Math.max(0, news.total - news.done) / perSecond) * 1000)} left`;
}

/** `2,701 of 6,001 members`; `2,701 members` where the total is not known. */
export function countOf({ unit, done, total }: Pick<WorkNews, "unit" | "done" | "total">): string {
  return total === undefined
    ? nameAmount(done, unit)
    : `${formatAmount(done, unit)} of ${nameAmount(total, unit)}`;
}

/** What is counted beside the rest, if anything is. */
export function besideOf({ beside }: WorkNews): readonly string[] {
  return beside === undefined ? [] : [countOf(beside)];
}

/** How many transfers go on at once, where these are several. */
export function activeOf({ active }: WorkNews): readonly string[] {
  return active === undefined || active < 2 ? [] : [`${active} at once`];
}

/** How many failed, if any did. */
export function failuresOf(news: WorkNews | undefined): readonly string[] {
  return news === undefined || news.failures === 0
    ? []
    : [`${formatAmount(news.failures, "members")} failed`];
}

/** What is worked on now, where the server tells. */
export function memberOf({ member }: WorkNews): readonly string[] {
  return member === undefined || member === "" ? [] : [printable(member)];
}

/** The words of the server, if it has any. */
export function remarkOf(news: WorkNews | undefined): readonly string[] {
  return news?.remark === undefined || news.remark === "" ? [] : [printable(news.remark)];
}
