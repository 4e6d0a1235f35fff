/** All that the page says, in English. Another language has the same keys: see german.ts. */
const count = (one: string, many: string) => (number: number) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const items = count("item", "items");

export const english = {
  language: "en",
  home: "Home",
  path: "Path",
  up: "Up to the folder above",
  name: "Name",
  size: "Size",
  modified: "Modified",
  filter: "Filter",
  filterHint: "Filter this folder",
  clearFilter: "Clear the filter",
  files: "Files and folders",
  loading: "Loading",
  loaded: (number: number) => `Loading: ${items(number)} so far`,
  items,
  shown: (shown: number, all: number) => `${shown.toLocaleString("en")} of ${items(all)}`,
  selected: (number: number) => `${number.toLocaleString("en")} selected`,
  select: (name: string) => `Select ${name}`,
  selectAll: "Select all",
  sortBy: (column: string) => `Sort by ${column}`,
  emptyTitle: "This folder is empty",
  emptyText: "Nothing is in it yet.",
  nothingFound: "Nothing here has that in its name",
  notRead: "It cannot be read",
  retry: "Try again",
  backHome: "Back to the first folder",
  folder: "Folder",
  failures: {
    missing: "This folder is not there any more. It was moved, renamed or deleted.",
    forbidden: "You may not look into this folder.",
    login: "You are not logged in any more. Load the page again to log in.",
    connection: "The server does not answer. Check the connection, and try again.",
    other: (status: number) => `The server answered with an error (${status}). Try again later.`,
    partly: "Some members of this folder cannot be shown.",
    unknown: "Something went wrong in this page.",
  },
};

export type Words = typeof english;
