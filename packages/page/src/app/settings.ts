/** What the server tells the page in its document. */
export interface Settings {
  /** The path of the tree's root, with its slash. */
  readonly root: string;
  /** The path of the collection of status documents, with its slash. */
  readonly operations: string;
  /** undefined: nobody logged in. */
  readonly user: string | undefined;
}

/** @throws {Error} where the element is not the server's */
export function readSettings(element: HTMLElement): Settings {
  const { root, operations, user } = element.dataset;
  if (root === undefined || operations === undefined) throw new Error("the server's document says nothing");
  return { root, operations, user };
}
