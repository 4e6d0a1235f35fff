/** Which folder the address names, and links that are followed without loading a document. */

/** The folder's path; the address may lack the slash at its end. */
export function folderPath({ pathname }: Pick<Location, "pathname">): string {
  return pathname.endsWith("/") ? pathname : `${pathname}/`;
}

/** The names on the way from the root to a folder, each with its path. A name that is no UTF-8 stays percent-encoded. */
export function stepsTo(
  path: string,
  root: string,
): readonly { readonly name: string; readonly path: string }[] {
  let at = root;
  return path
    .slice(root.length)
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => {
      at += `${segment}/`;
      return { name: decoded(segment), path: at };
    });
}

/** The folder above; undefined for the root. */
export function folderAbove(path: string, root: string): string | undefined {
  return path.length <= root.length ? undefined : path.replace(/[^/]*\/$/, "");
}

/** The folder that a URL's resource is in, by its path; the root for what is not below it. */
export function folderOfUrl(url: string, root: string): string {
  const path = new URL(url, "http://here").pathname.replace(/\/$/, "");
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return folder.startsWith(root) ? folder : root;
}

/** A segment of a path as people read it. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Octets that are no UTF-8 are shown as they are written.
    return segment;
  }
}

/** Whether a click on a link is for this page: else it opens a tab, or saves the file. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}
