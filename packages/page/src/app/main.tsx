/** Begins: the frame is painted at once, the client comes after it. */
import { render } from "preact";
import { Account } from "./account/account.ts";
import { LoginPage } from "./account/login-page.tsx";
import { App } from "./app.tsx";
import { Asking } from "./asking/questions.ts";
import { Changes } from "./changes/changes.ts";
import { loadClient } from "./client.ts";
import { FolderStore } from "./folder/folder-store.ts";
import { folderPath } from "./navigation.ts";
import { readSettings, type Settings } from "./settings.ts";
import { OwnOperations } from "./tray/own-operations.ts";
import { TrayStore } from "./tray/tray-store.ts";
import { UploadQueue } from "./upload/upload-queue.ts";
import { chooseWords } from "./words/words.ts";

async function start(element: HTMLElement): Promise<void> {
  const settings = readSettings(element);
  let looking: ReturnType<typeof setTimeout> | undefined;
  const words = await chooseWords(navigator.languages);
  document.documentElement.lang = words.language;
  document.documentElement.classList.add("page");
  const account = new Account({ settings, reload: () => reload(settings), channel: channelOf(settings) });
  if (settings.login === "needed") {
    render(<LoginPage account={account} words={words} />, element);
    return;
  }
  addEventListener("pageshow", ({ persisted }) => {
    // It was kept as it was, and its user may have left since.
    if (persisted) void account.check();
  });
  const client = loadClient(settings.root, account.fetch);
  const folder = new FolderStore(client, words.language);
  const asking = new Asking();
  const tray = new TrayStore(
    settings,
    new OwnOperations(settings.operations, localStorage),
    account,
    lookAgain,
  );
  const changes = new Changes({ client, asking, folder, tray, words });
  const queue = new UploadQueue({ client, asking, words, arrived, again: () => account.again() });
  const path = folderPath(location);
  if (path !== location.pathname) history.replaceState(null, "", path);
  folder.open(path);
  tray.connect();
  const parts = { settings, words, client, folder, asking, changes, queue, tray, account };
  render(<App {...parts} />, element);

  function arrived(path: string): void {
    if (path === folder.path) lookAgain();
  }

  /** Of much that changes the folder is looked at once. */
  function lookAgain(): void {
    if (looking !== undefined) return;
    looking = setTimeout(() => {
      looking = undefined;
      void folder.refresh();
    }, 500);
  }
}

/** Loads this folder for whoever is logged in now. A form that was sent without script leaves its own address. */
function reload({ session, root }: Settings): void {
  if (location.pathname === session) location.replace(root);
  else location.reload();
}

/** For the windows that show the same server. */
function channelOf({ session }: Settings): BroadcastChannel {
  return new BroadcastChannel(`meanwhile ${session}`);
}

const element = document.getElementById("page");
if (element !== null) {
  const begin = (): void => {
    // The rest of the document is the listing for those without script, which may be long. It takes with it all that is still loading.
    if (document.readyState === "loading") window.stop();
    void start(element);
  };
  const sheet = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]');
  if (sheet === null || sheet.sheet !== null) begin();
  else for (const event of ["load", "error"]) sheet.addEventListener(event, begin, { once: true });
}
