/** The page: where we are, what is here, and how much of it. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Breadcrumb } from "./folder/breadcrumb.tsx";
import type { FolderStore } from "./folder/folder-store.ts";
import { FolderCount, FolderView } from "./folder/folder-view.tsx";
import type { GridCommands } from "./folder/grid-keys.ts";
import { Icon } from "./icons.tsx";
import { folderAbove, folderPath, stepsTo } from "./navigation.ts";
import { type PageContext, Surroundings } from "./page-context.ts";
import { safeText } from "./safe-text.ts";
import type { Settings } from "./settings.ts";
import { useStore } from "./store.ts";
import type { Words } from "./words/words.ts";

export interface AppProps {
  readonly settings: Settings;
  readonly words: Words;
  readonly folder: FolderStore;
}

/** All of the page. */
export function App({ settings, words, folder }: AppProps): JSX.Element {
  useStore(folder);
  const search = useRef<HTMLInputElement>(null);
  const page = useMemo<PageContext>(
    () => ({
      settings,
      words,
      go(path) {
        history.pushState(null, "", path);
        folder.open(path);
        focusList();
      },
    }),
    [settings, words, folder],
  );
  const commands: GridCommands = {
    open(row) {
      if (row.collection) page.go(row.href);
      else location.assign(row.href);
    },
    up() {
      const above = folderAbove(folder.path, settings.root);
      if (above !== undefined) page.go(above);
    },
  };
  useEffect(() => {
    const show = (): void => folder.open(folderPath(location));
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("popstate", show);
    addEventListener("keydown", key);
    return () => {
      removeEventListener("popstate", show);
      removeEventListener("keydown", key);
    };
  }, [folder]);
  const { kind } = folder.state;
  useEffect(() => {
    // For whoever waits for it.
    const element = document.getElementById("page");
    if (element !== null) element.dataset["state"] = kind;
  }, [kind]);
  const name = stepsTo(folder.path, settings.root).at(-1)?.name;
  useEffect(() => {
    document.title = name === undefined ? words.home : safeText(name);
  }, [name, words]);
  return (
    <Surroundings.Provider value={page}>
      <header class="top">
        <Breadcrumb path={folder.path} />
        <label class="search">
          <Icon name="search" />
          <input
            ref={search}
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
        </label>
      </header>
      <main>
        <FolderView folder={folder} commands={commands} />
      </main>
      <footer class="bottom">
        <FolderCount folder={folder} />
      </footer>
    </Surroundings.Provider>
  );
}

/** Once it is drawn. */
function focusList(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".list")?.focus({ preventScroll: true }));
}
