/** Members that are dragged to another folder: what is dropped on one is moved there. */
import { useState } from "preact/hooks";
import type { Row } from "./rows/row.ts";

/** Of this page; files from elsewhere are uploaded. */
const type = "application/x-meanwhile-rows";

let dragged: readonly Row[] = [];

/** Begins. */
export function beginDrag(event: DragEvent, rows: readonly Row[]): void {
  dragged = rows;
  event.dataTransfer?.setData(type, String(rows.length));
  if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
}

export interface DropProps {
  readonly class: string;
  onDragOver(event: DragEvent): void;
  onDragLeave(): void;
  onDrop(event: DragEvent): void;
}

/** What makes an element a place to drop them. @param path of the folder; undefined where it is none */
export function useDrop(
  path: string | undefined,
  move: (rows: readonly Row[], path: string) => void,
): DropProps {
  const [over, setOver] = useState(false);
  const isFor = (event: DragEvent): boolean =>
    path !== undefined &&
    event.dataTransfer?.types.includes(type) === true &&
    // Neither into itself, nor to where it is.
    dragged.every(({ href }) => !path.startsWith(href) && href.replace(/[^/]*\/?$/, "") !== path);
  return {
    class: over ? " drop-here" : "",
    onDragOver(event) {
      if (!isFor(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop(event) {
      setOver(false);
      if (!isFor(event) || path === undefined) return;
      event.preventDefault();
      move(dragged, path);
    },
  };
}
