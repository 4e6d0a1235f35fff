import type { Words } from "./english.ts";

const count = (one: string, many: string) => (number: number) =>
  `${number.toLocaleString("de")} ${number === 1 ? one : many}`;
const items = count("Element", "Elemente");

export const german: Words = {
  language: "de",
  home: "Start",
  path: "Pfad",
  up: "Zum Ordner darüber",
  name: "Name",
  size: "Größe",
  modified: "Geändert",
  filter: "Filtern",
  filterHint: "Diesen Ordner filtern",
  clearFilter: "Filter löschen",
  files: "Dateien und Ordner",
  loading: "Wird geladen",
  loaded: (number) => `Wird geladen: bisher ${items(number)}`,
  items,
  shown: (shown, all) => `${shown.toLocaleString("de")} von ${items(all)}`,
  selected: (number) => `${number.toLocaleString("de")} ausgewählt`,
  select: (name) => `${name} auswählen`,
  selectAll: "Alle auswählen",
  sortBy: (column) => `Nach ${column} sortieren`,
  emptyTitle: "Dieser Ordner ist leer",
  emptyText: "Hier ist noch nichts.",
  nothingFound: "Hier heißt nichts so",
  notRead: "Nicht lesbar",
  retry: "Nochmals versuchen",
  backHome: "Zurück zum ersten Ordner",
  folder: "Ordner",
  failures: {
    missing: "Diesen Ordner gibt es nicht mehr. Er wurde verschoben, umbenannt oder gelöscht.",
    forbidden: "Sie dürfen in diesen Ordner nicht hineinsehen.",
    login: "Sie sind nicht mehr angemeldet. Laden Sie die Seite neu, um sich anzumelden.",
    connection: "Der Server antwortet nicht. Prüfen Sie die Verbindung und versuchen Sie es nochmals.",
    other: (status) =>
      `Der Server antwortete mit einem Fehler (${status}). Versuchen Sie es später nochmals.`,
    partly: "Einiges in diesem Ordner kann nicht gezeigt werden.",
    unknown: "Auf dieser Seite ging etwas schief.",
  },
};
