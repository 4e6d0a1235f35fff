/** Dates as people read them. */

/** `2026-01-15 12:00`, in the time zone of this machine; sixteen columns. */
export function formatDate(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `2026-01-15 12:00:05 +0100`. */
export function formatExactDate(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
  return `${formatDate(date)}:${two(date.getSeconds())} ${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
