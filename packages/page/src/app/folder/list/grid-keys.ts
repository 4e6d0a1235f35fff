/** What keys do in the list. */
import type { FolderStore } from "../folder-store.ts";
import type { Row } from "../rows/row.ts";

export interface GridCommands {
  open(row: Row): void;
  up(): void;
  rename(row: Row): void;
  remove(rows: readonly Row[]): void;
  /** To the folder of that path. */
  move(rows: readonly Row[], path: string): void;
}

/** @param page rows that are in sight at once */
export function gridKey(
  event: KeyboardEvent,
  folder: FolderStore,
  commands: GridCommands,
  page: number,
): void {
  const { key, shiftKey, altKey } = event;
  const command = event.ctrlKey || event.metaKey;
  const row = folder.shown[folder.cursor];
  const move = (index: number): void => folder.moveTo(index, shiftKey ? "range" : "none");
  // Held down it was meant for a dialog that was here.
  const act = key === "Enter" && event.repeat ? undefined : actionOf();
  if (act === undefined) return;
  event.preventDefault();
  act();

  function actionOf(): (() => void) | undefined {
    if (altKey) return key === "ArrowUp" ? () => commands.up() : undefined;
    if (command) return key === "a" ? () => folder.selectAll(true) : undefined;
    switch (key) {
      case "ArrowDown":
        return () => move(folder.cursor + 1);
      case "ArrowUp":
        return () => move(folder.cursor - 1);
      case "PageDown":
        return () => move(folder.cursor + page);
      case "PageUp":
        return () => move(folder.cursor - page);
      case "Home":
        return () => move(0);
      case "End":
        return () => move(folder.shown.length - 1);
      case " ":
        return () => folder.toggle(folder.cursor);
      case "Enter":
        return row && (() => commands.open(row));
      case "F2":
        return row && (() => commands.rename(row));
      case "Delete":
        // Without a selection it is the row that the keys are at.
        return row && (() => commands.remove(folder.selected.size > 0 ? folder.selection : [row]));
      case "Backspace":
        return () => commands.up();
      case "Escape":
        return folder.selected.size > 0 ? () => folder.selectAll(false) : undefined;
      default:
        return undefined;
    }
  }
}
