/** Begins: the frame is painted at once, the client comes after it. */
import { render } from "preact";
import { App } from "./app.tsx";
import { loadClient } from "./client.ts";
import { FolderStore } from "./folder/folder-store.ts";
import { folderPath } from "./navigation.ts";
import { readSettings } from "./settings.ts";
import { chooseWords } from "./words/words.ts";

async function start(element: HTMLElement): Promise<void> {
  const settings = readSettings(element);
  const words = await chooseWords(navigator.languages);
  document.documentElement.lang = words.language;
  document.documentElement.classList.add("page");
  const client = loadClient(settings.root);
  const folder = new FolderStore(client, words.language);
  const path = folderPath(location);
  if (path !== location.pathname) history.replaceState(null, "", path);
  folder.open(path);
  render(<App settings={settings} words={words} folder={folder} />, element);
}

const element = document.getElementById("page");
if (element !== null) {
  // The rest of the document is the listing for those without script, which may be long.
  const sheet = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]');
  const stop = (): void => {
    if (document.readyState === "loading") window.stop();
  };
  if (sheet === null || sheet.sheet !== null) stop();
  else sheet.addEventListener("load", stop, { once: true });
  void start(element);
}
