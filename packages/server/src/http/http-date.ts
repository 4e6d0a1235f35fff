/** Dates as HTTP writes them (RFC 9110 §5.6.7), and as RFC 3339 does. */

/**
 * An IMF-fixdate, cut to the second: `Sun, 06 Nov 1994 08:49:37 GMT`.
 * Moments before 1970 and after 9999, which not every client can read, are clamped.
 */
export function formatHttpDate(ms: number): string {
  const second = clampToSecond(ms);
  // Members of a collection that came together have the same dates.
  if (second !== lastHttp.second) {
    lastHttp = { second, text: `${formattedDay(second).http} ${timeOfDay(second)} GMT` };
  }
  return lastHttp.text;
}

/** An RFC 3339 date-time in UTC, cut to the second: `1994-11-06T08:49:37Z`. Clamped as {@link formatHttpDate}. */
export function formatRfc3339(ms: number): string {
  const second = clampToSecond(ms);
  return `${formattedDay(second).iso}T${timeOfDay(second)}Z`;
}

/**
 * Reads an HTTP-date in each of its three forms; undefined for anything else.
 *
 * "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date formats."
 *
 * @param nowMs settles the century of an RFC 850 date: "a timestamp that appears to be more than 50 years in the
 *   future" is in the past
 * @returns milliseconds since the epoch
 */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  const imf = imfFixdate.exec(value);
  if (imf !== null) return moment(imf[3], imf[2], imf[1], imf[4]);
  const asctime = asctimeDate.exec(value);
  if (asctime !== null) return moment(asctime[4], asctime[1], asctime[2], asctime[3]);
  const rfc850 = rfc850Date.exec(value);
  if (rfc850 === null) return undefined;
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(rfc850[3]);
  return moment(String(year > thisYear + 50 ? year - 100 : year), rfc850[2], rfc850[1], rfc850[4]);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) GMT$/;
const rfc850Date =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
const asctimeDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;

function moment(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  time: string | undefined,
): number | undefined {
  const month = months.indexOf(monthName ?? "");
  const [hour = 24, minute = 60, second = 61] = (time ?? "").split(":").map(Number);
  // A leap second is a valid second (RFC 5322 §3.3).
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const ms = Date.UTC(Number(year), month, Number(day), hour, minute, second);
  const midnight = new Date(Date.UTC(Number(year), month, Number(day)));
  // 31 February is no day; two-digit years, which Date.UTC moves to the 20th century, are none that HTTP has.
  if (midnight.getUTCMonth() !== month || midnight.getUTCDate() !== Number(day)) return undefined;
  return midnight.getUTCFullYear() === Number(year) ? ms : undefined;
}

let lastHttp = { second: Number.NaN, text: "" };

interface FormattedDay {
  readonly http: string;
  readonly iso: string;
}

const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
const secondsOfDay = 86_400;

// Listings have thousands of dates, most of them on few days.
const formattedDays = new Map<number, FormattedDay>();
const formattedDaysLimit = 512;

function formattedDay(second: number): FormattedDay {
  const day = Math.floor(second / secondsOfDay);
  const known = formattedDays.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * secondsOfDay * 1000);
  const formatted = { http: date.toUTCString().slice(0, 16), iso: date.toISOString().slice(0, 10) };
  if (formattedDays.size >= formattedDaysLimit) formattedDays.clear();
  formattedDays.set(day, formatted);
  return formatted;
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

function timeOfDay(second: number): string {
  const time = second % secondsOfDay;
  const hour = Math.floor(time / 3600);
  const minute = Math.floor((time - hour * 3600) / 60);
  return `${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[time % 60]}`;
}

function clampToSecond(ms: number): number {
  // Also what is not a number becomes 0.
  return ms > 0 ? Math.min(Math.floor(ms / 1000), lastSecond) : 0;
}
