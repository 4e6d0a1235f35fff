import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findFolder, stateDirectoryOf } from "./folder.ts";

let place: string;
beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), "meanwhile-folder-")));
});
afterEach(() => rmSync(place, { recursive: true }));

const platform = () => ({ platform: "linux", home: place, env: {} }) as const;
const find = (folder: string | undefined, state?: string) => findFolder({ folder, state }, platform());

describe("the served folder", () => {
  test("is known by its real path, and has a state directory of its own", async () => {
    mkdirSync(join(place, "files"));
    symlinkSync("files", join(place, "link"));
    const found = await find(join(place, "link"));
    expect(found).toEqual({
      folder: join(place, "files"),
      state: expect.stringMatching(/\/\.local\/state\/meanwhile\/files-[0-9a-f]{16}$/),
      sample: false,
    });
    expect(await find(join(place, "files", "..", "files"))).toEqual(found);
    expect((await find(join(place, "files"), join(place, "state"))).state).toBe(join(place, "state"));
  });

  test("must be there, and be a folder", async () => {
    writeFileSync(join(place, "file"), "");
    await expect(find(join(place, "none"))).rejects.toThrow(`${place}/none: there is no such folder`);
    await expect(find(join(place, "file"))).rejects.toThrow(`${place}/file is not a folder`);
    await expect(find(join(place, "file", "x"))).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("the state directory", () => {
  const refused = { exitCode: 2, message: expect.stringContaining("lies in the served folder") };

  test.each(["files", "files/state", "files/..state", "files/a/b/../c", "link/state"])(
    "is refused at %s, where clients would reach it",
    async (state) => {
      mkdirSync(join(place, "files"));
      symlinkSync("files", join(place, "link"));
      await expect(find(join(place, "files"), join(place, state))).rejects.toMatchObject(refused);
      expect(readdirSync(join(place, "files"))).toEqual([]);
    },
  );

  test("is refused at its default place, where the home directory is served", async () => {
    await expect(find(place)).rejects.toMatchObject(refused);
  });

  test.each(["state", "files-state", "files/../state", "..files"])(
    "may be %s, beside the folder",
    async (state) => {
      mkdirSync(join(place, "files"));
      expect((await find(join(place, "files"), join(place, state))).state).toBe(join(place, state));
    },
  );
});

describe("the sample", () => {
  test("is copied to the state directory, and changes in the copy stay", async () => {
    const { folder, sample } = await find(undefined);
    expect(sample).toBe(true);
    expect(folder).toBe(join(place, ".local/state/meanwhile/sample"));
    expect(readdirSync(folder).sort()).toEqual(["Garden", "Recipes", "Welcome.md", "Übersicht"]);
    expect(readdirSync(join(folder, "Garden", "Seeds"))).toHaveLength(60);
    expect(readdirSync(join(folder, "Garden", "Seeds", "packet 60"))).toHaveLength(100);
    writeFileSync(join(folder, "Welcome.md"), "mine");
    expect((await find(undefined)).folder).toBe(folder);
    expect(readFileSync(join(folder, "Welcome.md"), "utf8")).toBe("mine");
    expect(readdirSync(join(folder, ".."))).toEqual(["sample"]);
  });

  test("goes into the state directory that was named", async () => {
    expect((await find(undefined, join(place, "state"))).folder).toBe(join(place, "state", "sample"));
  });

  test("that cannot be copied is said to be so", async () => {
    writeFileSync(join(place, "state"), "");
    await expect(find(undefined, join(place, "state"))).rejects.toThrow(
      "the sample folder cannot be copied to",
    );
  });
});

describe("the state directory", () => {
  const linux = { platform: "linux", home: "/home/ann", env: {} } as const;

  test("folders of the same name have different ones", () => {
    const one = stateDirectoryOf("/a/files", linux);
    const other = stateDirectoryOf("/b/files", linux);
    expect(one).toMatch(/\/meanwhile\/files-[0-9a-f]{16}$/);
    expect(other).not.toBe(one);
    expect(stateDirectoryOf("/a/files", linux)).toBe(one);
  });
});
