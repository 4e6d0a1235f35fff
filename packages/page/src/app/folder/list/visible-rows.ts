/** Rows are made as they are seen: which these are. */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface VisibleRows {
  readonly first: number;
  /** Excluded. */
  readonly end: number;
}

/** Rows beyond the edges, so that little of a quick scroll is empty. */
const spare = 12;

/** The rows in sight, and some beyond; changes as the element is scrolled and sized. */
export function useVisibleRows(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): VisibleRows {
  const [at, setAt] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => setAt({ top: element.scrollTop, height: element.clientHeight });
    look();
    element.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [scroller.current]);
  const first = Math.max(0, Math.floor(at.top / rowHeight) - spare);
  return { first, end: Math.min(count, Math.ceil((at.top + at.height) / rowHeight) + spare) };
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useLayoutEffect(() => {
    const media = matchMedia(query);
    const look = (): void => setMatches(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return matches;
}
