/** The members of the folder: a grid whose rows are made as they are seen. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../../page-context.ts";
import { useStore } from "../../store.ts";
import type { FolderStore } from "../folder-store.ts";
import { FileRow } from "./file-row.tsx";
import { type GridCommands, gridKey } from "./grid-keys.ts";
import { ListHead } from "./list-head.tsx";
import { useMedia, useVisibleRows } from "./visible-rows.ts";

export interface FileListProps {
  readonly folder: FolderStore;
  readonly commands: GridCommands;
}

/** The grid. It has the keys; what is in its rows can be clicked only. */
export function FileList({ folder, commands }: FileListProps): JSX.Element {
  useStore(folder);
  const { words } = usePage();
  const narrow = useMedia("(max-width: 40rem)");
  const rowHeight = narrow ? 60 : 40;
  const grid = useRef<HTMLDivElement>(null);
  const { shown, cursor } = folder;
  const { first, end } = useVisibleRows(grid, shown.length, rowHeight);
  const inSight = (): number => (grid.current?.clientHeight ?? 0) - headHeight;

  // The row that keys act on is always in sight.
  useEffect(() => {
    const element = grid.current;
    if (element === null || document.activeElement !== element) return;
    const [top, bottom] = [cursor * rowHeight, (cursor + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + inSight()) element.scrollTop = bottom - inSight();
  }, [cursor, rowHeight]);
  // Another folder begins at its top.
  useEffect(() => {
    if (grid.current !== null) grid.current.scrollTop = 0;
  }, [folder.path]);

  return (
    <div
      ref={grid}
      class="list"
      role="grid"
      tabIndex={0}
      aria-label={words.files}
      aria-multiselectable="true"
      aria-rowcount={shown.length + 1}
      aria-colcount={4}
      aria-activedescendant={shown.length > 0 ? `row-${cursor}` : undefined}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget)
          gridKey(event, folder, commands, Math.floor(inSight() / rowHeight));
      }}
    >
      <ListHead folder={folder} />
      <div class="space" role="rowgroup" style={{ height: `${shown.length * rowHeight}px` }}>
        {shown.slice(first, end).map((row, index) => (
          <FileRow
            key={row.name}
            row={row}
            index={first + index}
            top={(first + index) * rowHeight}
            selected={folder.selected.has(row.name)}
            current={first + index === cursor}
            folder={folder}
            commands={commands}
          />
        ))}
      </div>
    </div>
  );
}

/** Of what stands above the rows at all times, in pixels. */
const headHeight = 36;
