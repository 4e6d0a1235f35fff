/** Sizes, dates and times as people read them. */

/** "1.5 MB", in powers of 1000. */
export function formatBytes(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded up to 1000 takes the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  const number = value.toLocaleString(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${number} ${units[unit]}`;
}

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** The time of a day where it is today, else the day. */
export function formatDate(date: Date, now: Date, language: string): string {
  return date.toDateString() === now.toDateString()
    ? formatter(language, { timeStyle: "short" }).format(date)
    : formatter(language, { dateStyle: "medium" }).format(date);
}

/** Day and time, to tell two of them apart. */
export function formatDayAndTime(date: Date, language: string): string {
  return formatter(language, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** To the second. */
export function formatExactDate(date: Date, language: string): string {
  return formatter(language, { dateStyle: "full", timeStyle: "medium" }).format(date);
}

/** "0:05", "1:02:03". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${options.dateStyle} ${options.timeStyle}`;
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(language, options);
  formatters.set(key, made);
  return made;
}
