/** Local folders made for one test. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export interface TestFolder {
  readonly folder: string;
  readonly stateDirectory: string;
  /** The directory that both are in: nothing else may appear there. */
  readonly around: string;
  write(path: string, content: string | Buffer, modified?: Date): void;
  mkdir(path: string): void;
  /** Everything in the folder, hidden files too: collections end in "/", and have no content. */
  contents(): Readonly<Record<string, string>>;
}

export function testFolder(): TestFolder {
  const around = mkdtempSync(join(tmpdir(), "meanwhile-folder-"));
  onTestFinished(() => rmSync(around, { recursive: true, force: true }));
  const folder = join(around, "folder");
  mkdirSync(folder);
  return {
    folder,
    around,
    stateDirectory: join(around, "state"),
    write(path, content, modified) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      if (modified !== undefined) utimesSync(join(folder, path), modified, modified);
    },
    mkdir: (path) => void mkdirSync(join(folder, path), { recursive: true }),
    contents: () => contentsOf(folder),
  };
}

/** Everything below a folder. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const member = path === "" ? name : `${path}/${name}`;
      const stats = lstatSync(join(folder, member));
      if (stats.isSymbolicLink()) all[member] = "(link)";
      else if (!stats.isDirectory()) all[member] = readFileSync(join(folder, member), "utf8");
      else {
        all[`${member}/`] = "";
        walk(member);
      }
    }
  };
  walk("");
  return all;
}
