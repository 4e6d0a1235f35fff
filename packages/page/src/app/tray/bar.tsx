/** A bar. Without a total it shows that nothing is known. */
import type { JSX } from "preact";

export interface BarProps {
  readonly done: number;
  readonly total: number | undefined;
  readonly label: string;
}

/** The browser's own element, drawn by our style. */
export function Bar({ done, total, label }: BarProps): JSX.Element {
  return total === undefined ? (
    <progress aria-label={label} />
  ) : (
    <progress aria-label={label} max={Math.max(total, 1)} value={total === 0 ? 1 : done} />
  );
}
