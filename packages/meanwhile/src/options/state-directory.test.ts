import { describe, expect, test } from "vitest";
import { stateDirectoryOf } from "./state-directory.ts";

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
