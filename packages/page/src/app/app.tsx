/** The page: where we are, what is here, what can be done, what goes on. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Account } from "./account/account.ts";
import { AccountMenu } from "./account/account-menu.tsx";
import { LoginDialog } from "./account/login-dialog.tsx";
import { QuestionDialog } from "./asking/question-dialog.tsx";
import type { Asking } from "./asking/questions.ts";
import type { Changes } from "./changes/changes.ts";
import type { DavClient } from "./client.ts";
import { Breadcrumb } from "./folder/breadcrumb.tsx";
import type { FolderStore } from "./folder/folder-store.ts";
import { FolderCount, FolderView } from "./folder/folder-view.tsx";
import { focusList } from "./folder/list/focus-list.ts";
import type { GridCommands } from "./folder/list/grid-keys.ts";
import type { Row } from "./folder/rows/row.ts";
import { Search } from "./folder/search/search.ts";
import { SearchDialog } from "./folder/search/search-dialog.tsx";
import { Toolbar } from "./folder/toolbar.tsx";
import { Icon } from "./icons.tsx";
import { folderAbove, folderPath, stepsTo } from "./navigation.ts";
import { type PageContext, Surroundings, usePage } from "./page-context.ts";
import { Preview } from "./preview/preview.tsx";
import { previewKind } from "./preview/previewable.ts";
import { safeText } from "./safe-text.ts";
import type { Settings } from "./settings.ts";
import { useStore } from "./store.ts";
import { Tray } from "./tray/tray.tsx";
import type { TrayStore } from "./tray/tray-store.ts";
import { DropTarget } from "./upload/drop-target.tsx";
import type { UploadQueue } from "./upload/upload-queue.ts";
import type { Words } from "./words/words.ts";

export interface AppProps {
  readonly settings: Settings;
  readonly words: Words;
  readonly client: Promise<DavClient>;
  readonly folder: FolderStore;
  readonly asking: Asking;
  readonly changes: Changes;
  readonly queue: UploadQueue;
  readonly tray: TrayStore;
  readonly account: Account;
}

/** All of the page. */
export function App(props: AppProps): JSX.Element {
  const { settings, words, client, folder, asking, changes, queue, tray, account } = props;
  useStore(folder);
  const [search, setSearch] = useState<Search | undefined>(undefined);
  const [preview, setPreview] = useState<Row | undefined>(undefined);
  const page = useMemo<PageContext>(
    () => ({
      settings,
      words,
      client,
      go(path) {
        history.pushState(null, "", path);
        folder.open(path);
        focusList();
      },
    }),
    [settings, words, client, folder],
  );
  const commands: GridCommands = {
    open(row) {
      if (row.collection) page.go(row.href);
      else if (previewKind(row) !== undefined) setPreview(row);
      else location.assign(row.href);
    },
    up() {
      const above = folderAbove(folder.path, settings.root);
      if (above !== undefined) page.go(above);
    },
    rename(row) {
      if (folder.mayChange === true && row.mayChange) void changes.rename(row);
    },
    move(rows, path) {
      if (folder.mayChange === true && rows.every((row) => row.mayChange))
        void changes.transfer("move", rows, path);
    },
    remove(rows) {
      if (folder.mayChange === true && rows.every((row) => row.mayChange)) void changes.remove(rows);
    },
  };
  useEffect(() => {
    const show = (): void => folder.open(folderPath(location));
    const leave = (event: BeforeUnloadEvent): void => {
      // What is on its way would end.
      if (queue.total.open > 0 || changes.doing !== "") event.preventDefault();
    };
    addEventListener("popstate", show);
    addEventListener("beforeunload", leave);
    return () => {
      removeEventListener("popstate", show);
      removeEventListener("beforeunload", leave);
    };
  }, [folder, queue, changes]);
  const { kind } = folder.state;
  useEffect(() => {
    // For whoever waits for it.
    const element = document.getElementById("page");
    if (element !== null) element.dataset["state"] = kind;
  }, [kind]);
  const name = stepsTo(folder.path, settings.root).at(-1)?.name;
  useEffect(() => {
    const title = name === undefined ? words.home : safeText(name);
    const tell = (): void => {
      const { share } = tray;
      document.title = share === undefined ? title : `${share} % ${title}`;
    };
    tell();
    return tray.subscribe(tell);
  }, [name, words, tray]);
  const path = useMemo(() => () => folder.path, [folder]);
  const searchBelow = (): void => setSearch(new Search(client, folder.path, folder.filter.trim()));
  return (
    <Surroundings.Provider value={page}>
      <header class="top">
        <Breadcrumb path={folder.path} move={commands.move} />
        <Filter folder={folder} search={searchBelow} />
        <AccountMenu account={account} />
      </header>
      <main>
        {kind === "failed" ? null : <Toolbar folder={folder} changes={changes} queue={queue} />}
        <FolderView folder={folder} commands={commands} search={searchBelow} />
      </main>
      <footer class="bottom">
        <FolderCount folder={folder} />
        <Message changes={changes} />
      </footer>
      <Tray tray={tray} queue={queue} />
      {folder.mayChange === true ? <DropTarget queue={queue} path={path} /> : null}
      {preview === undefined ? null : (
        <Preview key={preview.href} row={preview} onClose={() => setPreview(undefined)} />
      )}
      {search === undefined ? null : (
        <SearchDialog
          search={search}
          again={() => setSearch(new Search(client, search.path, search.text))}
          onClose={() => setSearch(undefined)}
        />
      )}
      <QuestionDialog asking={asking} />
      <LoginDialog account={account} />
    </Surroundings.Provider>
  );
}

interface FilterProps {
  readonly folder: FolderStore;
  /** Looks below the folder, too. */
  search(): void;
}

function Filter({ folder, search }: FilterProps): JSX.Element {
  useStore(folder);
  const { words } = usePage();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={words.filterHint}
        placeholder={words.filter}
        value={folder.filter}
        onInput={({ currentTarget }) => folder.filterBy(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") folder.filterBy("");
          if (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown") {
            event.preventDefault();
            focusList();
          }
        }}
      />
      {folder.filter.trim() === "" ? null : (
        <button type="button" class="button plain" title={words.searchBelowHint} onClick={search}>
          {words.searchBelow}
        </button>
      )}
    </div>
  );
}

/** What is done now, or was done last. */
function Message({ changes }: { readonly changes: Changes }): JSX.Element {
  useStore(changes);
  const { words } = usePage();
  return (
    <p class="message" role="status">
      {changes.doing === ""
        ? changes.done
        : `${changes.doing} …${changes.lost ? ` ${words.tryingAgain}` : ""}`}
    </p>
  );
}
