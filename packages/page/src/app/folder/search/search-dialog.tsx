/** What a search below a folder finds, while it looks. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Dialog } from "../../asking/dialog.tsx";
import { Icon } from "../../icons.tsx";
import { folderOfUrl, isPlainClick, stepsTo } from "../../navigation.ts";
import { usePage } from "../../page-context.ts";
import { safeText } from "../../safe-text.ts";
import { useStore } from "../../store.ts";
import { iconOf } from "../rows/kind.ts";
import type { Search } from "./search.ts";

export interface SearchDialogProps {
  readonly search: Search;
  /** Begins it anew. */
  again(): void;
  onClose(): void;
}

/** Each leads to the folder that it is in; a folder leads to itself. */
export function SearchDialog({ search, again, onClose }: SearchDialogProps): JSX.Element {
  useStore(search);
  const { words, settings, go } = usePage();
  useEffect(() => () => search.stop(), [search]);
  const nameOf = (path: string): string => safeText(stepsTo(path, settings.root).at(-1)?.name ?? words.home);
  return (
    <Dialog title={words.searchTitle(safeText(search.text), nameOf(search.path))} onClose={onClose}>
      <p class="search-state">
        <span role="status">{words.searchStates[search.state](search.looked, search.found.length)}</span>
        {search.state === "looking" ? (
          <button type="button" class="button plain" onClick={() => search.stop()}>
            {words.stop}
          </button>
        ) : search.state === "failed" || search.state === "partly" ? (
          <button type="button" class="button plain" onClick={again}>
            {words.retry}
          </button>
        ) : null}
      </p>
      {search.state === "looking" ? <progress aria-label={words.search} /> : null}
      {search.found.length === 0 ? null : (
        <ul class="names found" tabIndex={0} aria-label={words.found}>
          {search.found.map((row) => {
            const folder = row.collection ? row.href : folderOfUrl(row.href, settings.root);
            const within = stepsTo(folderOfUrl(row.href, settings.root), settings.root);
            return (
              <li key={row.href}>
                <Icon name={iconOf(row)} class="kind" />
                <a
                  href={folder}
                  onClick={(event) => {
                    if (!isPlainClick(event)) return;
                    event.preventDefault();
                    onClose();
                    go(folder);
                  }}
                >
                  <bdi>{safeText(row.name)}</bdi>
                </a>
                <span class="within">
                  {[words.home, ...within.map(({ name }) => safeText(name))].join(" / ")}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Dialog>
  );
}
