import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { heldTables } from "@meanwhile/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseServeOptions, type TypedServeOptions } from "../options/serve-options.ts";
import { openUsers } from "./users.ts";

let folder: string;
let nowMs: number;
let warnings: string[];
const users = () => join(folder, "users");
const digestUsers = () => join(folder, "digest");
const root = "/" as ResourcePath;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-users-"));
  nowMs = 0;
  warnings = [];
  writeFileSync(users(), `ann:$2y$05$${"a".repeat(53)}`);
  writeFileSync(digestUsers(), `ann:Files:${"0".repeat(32)}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (typed: TypedServeOptions) =>
  openUsers(
    parseServeOptions("/srv", typed),
    (message) => void warnings.push(message),
    () => nowMs,
  );

async function letters(opened: ReturnType<typeof open>, principal: string | undefined): Promise<string> {
  const { access } = await opened(heldTables({ clock: () => nowMs }));
  return (["read", "write"] as const).filter((action) => access.may(principal, action, root)).join(" ");
}

describe("rights", () => {
  test("without users everybody may do everything, or read everything", async () => {
    expect(await letters(open({}), undefined)).toBe("read write");
    expect(await letters(open({ readOnly: true }), undefined)).toBe("read");
  });

  test("users may do everything where no rights file stands beside theirs", async () => {
    expect(await letters(open({ users: users() }), "ann")).toBe("read write");
  });

  test("the rights file beside either users file is in force, and is read again when it changes", async () => {
    writeFileSync(`${digestUsers()}.rights`, "ann r /");
    const opened = open({ users: users(), digestUsers: digestUsers() });
    expect(await Promise.all([letters(opened, "ann"), letters(opened, "bob")])).toEqual(["read", ""]);
    writeFileSync(`${digestUsers()}.rights`, "ann rw /\nbob r /");
    nowMs = 1000;
    expect(await Promise.all([letters(opened, "ann"), letters(opened, "bob")])).toEqual([
      "read write",
      "read",
    ]);
    writeFileSync(`${digestUsers()}.rights`, "ann");
    nowMs = 2000;
    expect(await letters(opened, "bob")).toBe("read");
    expect(warnings).toEqual([
      expect.stringMatching(/digest\.rights: line 1: .*; what it said before stays in force$/),
    ]);
  });

  test("read-only goes before the rights file", async () => {
    writeFileSync(`${users()}.rights`, "ann rw /");
    expect(await letters(open({ users: users(), readOnly: true }), "ann")).toBe("read");
  });

  test("two rights files are one too many", () => {
    writeFileSync(`${users()}.rights`, "");
    writeFileSync(`${digestUsers()}.rights`, "");
    expect(() => open({ users: users(), digestUsers: digestUsers() })).toThrow("there are two rights files");
  });

  test("a wrong rights file is refused at the start, with its line", () => {
    writeFileSync(`${users()}.rights`, "# rights\nann rw shared");
    expect(() => open({ users: users() })).toThrow(
      `${users()}.rights: line 2: the path must begin with a slash`,
    );
  });
});

test("users files that cannot be used are refused at the start, with their line", () => {
  writeFileSync(users(), "ann:secret");
  expect(() => open({ users: users() })).toThrow(
    `${users()}: line 1: the password is not hashed with bcrypt`,
  );
  expect(() => open({ digestUsers: join(folder, "none") })).toThrow("none: there is no such file");
  expect(() => open({ digestUsers: digestUsers(), realm: "Other" })).toThrow(
    'names no user of the realm "Other"',
  );
});
