import { expect, test } from "vitest";
import { plainName, stateHome } from "./places.ts";

test.each([
  ["linux", {}, "/home/ann/.local/state/meanwhile"],
  ["linux", { XDG_STATE_HOME: "/state" }, "/state/meanwhile"],
  ["linux", { XDG_STATE_HOME: "not/from/the/root" }, "/home/ann/.local/state/meanwhile"],
  ["linux", { XDG_STATE_HOME: "" }, "/home/ann/.local/state/meanwhile"],
  ["darwin", { XDG_STATE_HOME: "/state" }, "/home/ann/Library/Application Support/meanwhile"],
  ["win32", { LOCALAPPDATA: "/local" }, "/local/meanwhile"],
  ["win32", { LOCALAPPDATA: "" }, "/home/ann/AppData/Local/meanwhile"],
] as const)("on %s with %j state is in %s", (platform, env, place) => {
  expect(stateHome({ platform, env, home: "/home/ann" }).replaceAll("\\", "/")).toBe(place);
});

test("names that could mislead a file system become plain", () => {
  expect(plainName("/")).toBe("root");
  expect(plainName("/home/ann/my photos")).toBe("my_photos");
  expect(plainName("/a/Bücher\n x")).toBe("B_cher_x");
  expect(plainName(`/${"x".repeat(255)}`)).toBe("x".repeat(40));
});
