/** One member of the folder. */
import type { JSX } from "preact";
import { formatBytes, formatDate, formatExactDate } from "../../format.ts";
import { Icon } from "../../icons.tsx";
import { isPlainClick } from "../../navigation.ts";
import { usePage } from "../../page-context.ts";
import { safeText } from "../../safe-text.ts";
import { beginDrag, useDrop } from "../dragging.ts";
import type { FolderStore } from "../folder-store.ts";
import { iconOf } from "../rows/kind.ts";
import type { Lock } from "../rows/rights.ts";
import type { Row } from "../rows/row.ts";
import type { GridCommands } from "./grid-keys.ts";

export interface FileRowProps {
  readonly row: Row;
  readonly index: number;
  /** In pixels. */
  readonly top: number;
  readonly selected: boolean;
  readonly current: boolean;
  readonly folder: FolderStore;
  readonly commands: GridCommands;
}

/** A row of the grid: its box, its name, its facts. */
export function FileRow({ row, index, top, selected, current, folder, commands }: FileRowProps): JSX.Element {
  const { words } = usePage();
  const { language } = words;
  const drop = useDrop(row.collection ? row.href : undefined, commands.move);
  const name = safeText(row.name);
  const icon = iconOf(row);
  const size = row.length === undefined ? "" : formatBytes(row.length, language);
  const date = row.modified === undefined ? "" : formatDate(row.modified, new Date(), language);
  return (
    <div
      id={`row-${index}`}
      class={`row${selected ? " selected" : ""}${current ? " current" : ""}${drop.class}`}
      draggable
      onDragStart={(event) => beginDrag(event, selected ? folder.selection : [row])}
      onDragOver={drop.onDragOver}
      onDragLeave={drop.onDragLeave}
      onDrop={drop.onDrop}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("a, input") !== null) return;
        if (event.shiftKey) folder.toggle(index, "range");
        else if (event.ctrlKey || event.metaKey || folder.selected.size > 0) folder.toggle(index);
        else folder.moveTo(index);
      }}
      onDblClick={() => commands.open(row)}
    >
      <div class="check" role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={words.select(name)}
          checked={selected}
          onClick={(event) => folder.toggle(index, event.shiftKey ? "range" : "one")}
        />
      </div>
      <div class="name" role="gridcell">
        <Icon name={icon} class={`kind ${icon}`} />
        <a
          href={row.href}
          tabIndex={-1}
          title={name}
          onClick={(event) => {
            if (!isPlainClick(event)) return;
            event.preventDefault();
            folder.moveTo(index);
            commands.open(row);
          }}
        >
          <bdi>{name}</bdi>
        </a>
        {row.lock === undefined ? null : <LockSign lock={row.lock} />}
        <span class="facts" aria-hidden="true">
          {[size, date].filter((fact) => fact !== "").join(" · ")}
        </span>
      </div>
      <div class="size" role="gridcell">
        <span title={row.length === undefined ? "" : `${row.length.toLocaleString(language)} B`}>{size}</span>
      </div>
      <div class="modified" role="gridcell">
        {row.modified === undefined ? null : (
          <time dateTime={row.modified.toISOString()} title={formatExactDate(row.modified, language)}>
            {date}
          </time>
        )}
      </div>
    </div>
  );
}

function LockSign({ lock }: { readonly lock: Lock }): JSX.Element {
  const { words } = usePage();
  const owner = safeText(lock.owner);
  const until = lock.until === undefined ? "" : formatDate(lock.until, new Date(), words.language);
  const text = words.lockedBy(owner, until);
  return (
    <span class="locked" title={text}>
      <Icon name="lock" class="lock" />
      <span class="hidden">{text}</span>
    </span>
  );
}
