/** What stands above the columns: their names, by which they are sorted. */
import type { JSX } from "preact";
import { Icon } from "../../icons.tsx";
import { usePage } from "../../page-context.ts";
import type { FolderStore } from "../folder-store.ts";
import type { Column } from "../rows/order.ts";

/** The head of the grid, in sight at all times. */
export function ListHead({ folder }: { readonly folder: FolderStore }): JSX.Element {
  const { words } = usePage();
  const { shown, selected } = folder;
  const all = shown.length > 0 && selected.size >= shown.length;
  return (
    <div class="head" role="rowgroup">
      <div class="row" role="row" aria-rowindex={1}>
        <div class="check" role="columnheader" aria-colindex={1}>
          <input
            type="checkbox"
            aria-label={words.selectAll}
            checked={all}
            // Neither all nor none.
            ref={(box: HTMLInputElement | null) => {
              if (box !== null) box.indeterminate = selected.size > 0 && !all;
            }}
            disabled={shown.length === 0}
            onChange={() => folder.selectAll(!all)}
          />
        </div>
        <Head folder={folder} column="name" text={words.name} />
        <Head folder={folder} column="size" text={words.size} />
        <Head folder={folder} column="modified" text={words.modified} />
      </div>
    </div>
  );
}

interface HeadProps {
  readonly folder: FolderStore;
  readonly column: Column;
  readonly text: string;
}

function Head({ folder, column, text }: HeadProps): JSX.Element {
  const { words } = usePage();
  const { by, descending } = folder.order;
  const sorted = by === column ? (descending ? "descending" : "ascending") : "none";
  return (
    <div class={column} role="columnheader" aria-sort={sorted}>
      <button type="button" title={words.sortBy(text)} onClick={() => folder.sortBy(column)}>
        {text}
        {by === column ? <Icon name="up" class={descending ? "sign turned" : "sign"} /> : null}
      </button>
    </div>
  );
}
