/** What the server tells the page in its document. */
export interface Settings {
  /** The path of the tree's root, with its slash. */
  readonly root: string;
  /** The path of the collection of status documents, with its slash. */
  readonly operations: string;
  /** undefined: nobody logged in. */
  readonly user: string | undefined;
  /** The path by which users log in with a form; undefined where they cannot. */
  readonly session: string | undefined;
  /** Whether that was done, could be, or must be before there is anything to see. */
  readonly login: "used" | "possible" | "needed" | undefined;
}

/** @throws {Error} where the element is not the server's */
export function readSettings(element: HTMLElement): Settings {
  const { root, operations, user, session, login } = element.dataset;
  if (root === undefined || operations === undefined) throw new Error("the server's document says nothing");
  const known = login === "used" || login === "possible" || login === "needed" ? login : undefined;
  return { root, operations, user, session, login: known };
}
