/** Amounts as people read them. */

const units = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `999 B`, `1.5 KiB`, `12 MiB`: three digits at most, in units of 1024. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "B";
  for (const larger of units) {
    if (value < 999.5) break;
    value /= 1024;
    unit = larger;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `6,001`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `0:07`, `12:05`, `3:02:01`, `2 d 4 h`: minutes and seconds at least. */
export function formatTime(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return `${formatCount(days)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export type Unit = "bytes" | "members" | "documents" | "steps";

/** `1.5 MiB`, or `6,001`. */
export function formatAmount(amount: number, unit: Unit): string {
  return unit === "bytes" ? formatBytes(amount) : formatCount(amount);
}

const words = {
  members: ["file or folder", "files and folders"],
  documents: ["file", "files"],
  steps: ["step", "steps"],
} as const;

/** `1.5 MiB`, `1 file or folder`, `6,001 files and folders`. */
export function nameAmount(amount: number, unit: Unit): string {
  if (unit === "bytes") return formatBytes(amount);
  const [one, more] = words[unit];
  return `${formatCount(amount)} ${amount === 1 ? one : more}`;
}
