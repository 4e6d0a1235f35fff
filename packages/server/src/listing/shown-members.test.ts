import { parsePath, type ResourcePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { openAccess } from "../access.ts";
import { reservedPaths } from "../target/reserved.ts";
import { shownMembers } from "./shown-members.ts";

const names = ["a", "b", "c", "ops"];

function shown(
  collection: string,
  { reserved = "/.meanwhile", hidden = [] }: { readonly reserved?: string; readonly hidden?: string[] },
): readonly string[] {
  const access = {
    may: (_principal: string | undefined, _action: string, path: ResourcePath) => !hidden.includes(path),
    exceptions: () => hidden.map(parsePath),
  };
  const context = {
    access: hidden.length === 0 ? openAccess : access,
    isReserved: reservedPaths(reserved).has,
  };
  return names.filter(
    shownMembers(context, { principal: "ann", path: parsePath("/") })(parsePath(collection)),
  );
}

test.each([
  ["/", {}, names],
  ["/a", {}, names],
  ["/", { reserved: "/ops" }, ["a", "b", "c"]],
  ["/a", { reserved: "/ops" }, names],
  ["/", { reserved: "/a/b/ops" }, ["b", "c", "ops"]],
  ["/a", { reserved: "/a/b/ops" }, ["a", "c", "ops"]],
  ["/a/b", { reserved: "/a/b/ops" }, ["a", "b", "c"]],
  ["/c", { reserved: "/a/b/ops" }, names],
  ["/", { hidden: ["/a", "/b/c"] }, ["b", "c", "ops"]],
  ["/b", { hidden: ["/a", "/b/c"] }, ["a", "b", "ops"]],
  ["/c", { hidden: ["/a", "/b/c"] }, names],
  ["/b", { hidden: ["/b/c"], reserved: "/b/ops" }, ["a", "b"]],
] as const)("of %s, with %j, %j are shown", (collection, options, expected) => {
  expect(shown(collection, { ...options, hidden: [...("hidden" in options ? options.hidden : [])] })).toEqual(
    expected,
  );
});
