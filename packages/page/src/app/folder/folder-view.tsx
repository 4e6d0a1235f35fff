/** The folder: its members, or why there are none to see. */
import type { ComponentChildren, JSX } from "preact";
import { folderFailure, isPageIncomplete, statusOf } from "../failure-text.ts";
import { Icon, type IconName } from "../icons.tsx";
import { usePage } from "../page-context.ts";
import { useStore } from "../store.ts";
import type { FolderStore } from "./folder-store.ts";
import { FileList } from "./list/file-list.tsx";
import type { GridCommands } from "./list/grid-keys.ts";

export interface FolderViewProps {
  readonly folder: FolderStore;
  readonly commands: GridCommands;
  /** Looks below the folder for what its rows are filtered by. */
  search(): void;
}

/** What is in the middle of the page. */
export function FolderView({ folder, commands, search }: FolderViewProps): JSX.Element {
  useStore(folder);
  const { words, settings, go } = usePage();
  const { state, all, shown } = folder;
  if (state.kind === "failed") {
    return (
      <Notice icon="warning" title={folderFailure(state.error, words)}>
        <p class="actions">
          <button
            type="button"
            class="button"
            onClick={() => (isPageIncomplete(state.error) ? location.reload() : void folder.refresh())}
          >
            {words.retry}
          </button>
          {statusOf(state.error) !== undefined && folder.path !== settings.root ? (
            <button type="button" class="button" onClick={() => go(settings.root)}>
              {words.backHome}
            </button>
          ) : null}
        </p>
      </Notice>
    );
  }
  if (state.kind === "shown" && all.length === 0)
    return (
      <Notice icon="folder" title={words.emptyTitle}>
        {folder.mayChange === true ? <p>{words.emptyText}</p> : null}
      </Notice>
    );
  if (state.kind === "shown" && shown.length === 0)
    return (
      <Notice icon="search" title={words.nothingFound}>
        <p class="actions">
          <button type="button" class="button" onClick={() => folder.filterBy("")}>
            {words.clearFilter}
          </button>
          <button type="button" class="button" title={words.searchBelowHint} onClick={search}>
            {words.searchBelow}
          </button>
        </p>
      </Notice>
    );
  if (all.length === 0) return <Skeleton />;
  return <FileList folder={folder} commands={commands} />;
}

interface NoticeProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ComponentChildren;
}

function Notice({ icon, title, children }: NoticeProps): JSX.Element {
  return (
    <div class="notice" role="status">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Rows to come. */
function Skeleton(): JSX.Element {
  const { words } = usePage();
  return (
    <div class="skeleton" role="status" aria-label={words.loading}>
      {[60, 40, 75, 50, 65, 45, 55].map((width) => (
        <span key={width} style={{ width: `${width * 0.6}%` }} />
      ))}
    </div>
  );
}

/** How many there are, for all to see and to hear. */
export function FolderCount({ folder }: { readonly folder: FolderStore }): JSX.Element {
  useStore(folder);
  const { words } = usePage();
  const { state, all, shown, selected } = folder;
  const text =
    state.kind === "loading"
      ? all.length === 0
        ? words.loading
        : words.loaded(all.length)
      : state.kind === "failed"
        ? ""
        : selected.size > 0
          ? words.selected(selected.size)
          : shown.length === all.length
            ? words.items(all.length)
            : words.shown(shown.length, all.length);
  const away = folder.away ? ` ${words.tryingAgain}` : "";
  const partly = state.kind === "shown" && state.partly ? ` ${words.failures.partly}` : "";
  return (
    <p class="count" role="status">
      {text}
      {partly}
      {away}
    </p>
  );
}
