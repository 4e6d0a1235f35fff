/** Files and folders that were chosen, or dropped on the page. */

export interface ChosenFile {
  readonly file: File;
  /** Names from the folder that they go to: those of folders, and its own. */
  readonly path: readonly string[];
}

export interface Chosen {
  readonly files: readonly ChosenFile[];
  /** All folders, those that are empty too; each after the one that it is in. */
  readonly folders: readonly (readonly string[])[];
}

/** Of a field that takes files, or a folder. */
export function chosenFiles(files: Iterable<File>): Chosen {
  const chosen = [...files].map((file) => ({
    file,
    path: file.webkitRelativePath === "" ? [file.name] : file.webkitRelativePath.split("/"),
  }));
  return { files: chosen, folders: foldersOf(chosen) };
}

/** Of a drop. What is dropped must be asked for before anything else is waited for. */
export async function droppedFiles(items: Iterable<DataTransferItem>): Promise<Chosen> {
  const files: ChosenFile[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of items) {
    const entry = item.webkitGetAsEntry();
    // What is no file of a disk, an image of another page for instance, is a file all the same.
    const file = entry === null ? item.getAsFile() : null;
    if (entry !== null) entries.push(entry);
    else if (file !== null) files.push({ file, path: [file.name] });
  }
  const empty: (readonly string[])[] = [];
  const walk = async (entry: FileSystemEntry, above: readonly string[]): Promise<void> => {
    const path = [...above, entry.name];
    if (isFile(entry)) {
      files.push({ file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    if (!isFolder(entry)) return;
    empty.push(path);
    const reader = entry.createReader();
    for (;;) {
      const members = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (members.length === 0) return;
      for (const member of members) await walk(member, path);
    }
  };
  for (const entry of entries) await walk(entry, []);
  return { files, folders: empty };
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function foldersOf(files: readonly ChosenFile[]): readonly (readonly string[])[] {
  const folders = new Map<string, readonly string[]>();
  for (const { path } of files)
    for (let depth = 1; depth < path.length; depth += 1)
      folders.set(path.slice(0, depth).join("/"), path.slice(0, depth));
  return [...folders.values()].toSorted((a, b) => a.length - b.length);
}
