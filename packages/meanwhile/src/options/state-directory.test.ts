import { describe, expect, test } from "vitest";
import { stateDirectoryOf, stateHome } from "./state-directory.ts";

describe("the state directory", () => {
  const linux = { platform: "linux", home: "/home/ann", env: {} } as const;

  test.each([
    [linux, "/home/ann/.local/state/meanwhile"],
    [{ ...linux, env: { XDG_STATE_HOME: "/var/state" } }, "/var/state/meanwhile"],
    [{ ...linux, env: { XDG_STATE_HOME: "relative" } }, "/home/ann/.local/state/meanwhile"],
    [{ ...linux, env: { XDG_STATE_HOME: "" } }, "/home/ann/.local/state/meanwhile"],
    [
      { platform: "darwin", home: "/Users/ann", env: { XDG_STATE_HOME: "/x" } } as const,
      "/Users/ann/Library/Application Support/meanwhile",
    ],
  ])("%j keeps state in %s", (platform, directory) => expect(stateHome(platform)).toBe(directory));

  test("Windows keeps it in %LOCALAPPDATA%", () => {
    const home = stateHome({ platform: "win32", home: "/u", env: { LOCALAPPDATA: "/u/Local" } });
    expect(home).toBe("/u/Local/meanwhile");
  });

  test("folders of the same name have different ones", () => {
    const one = stateDirectoryOf("/a/files", linux);
    const other = stateDirectoryOf("/b/files", linux);
    expect(one).toMatch(/\/meanwhile\/files-[0-9a-f]{16}$/);
    expect(other).not.toBe(one);
    expect(stateDirectoryOf("/a/files", linux)).toBe(one);
  });

  test("names that could mislead a file system become plain", () => {
    expect(stateDirectoryOf("/", linux)).toMatch(/\/root-[0-9a-f]{16}$/);
    expect(stateDirectoryOf("/a/Bücher\n x", linux)).toMatch(/\/B_cher_x-[0-9a-f]{16}$/);
    expect(stateDirectoryOf(`/${"x".repeat(255)}`, linux)).toMatch(/\/x{40}-[0-9a-f]{16}$/);
  });
});
