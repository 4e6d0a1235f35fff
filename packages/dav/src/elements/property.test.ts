import { expect, test } from "vitest";
import { clarkName } from "./property.ts";

test.each([
  [{ namespace: "DAV:", local: "getetag" }, "{DAV:}getetag"],
  [{ namespace: "", local: "a" }, "{}a"],
  [{ namespace: "u:1}b{", local: "c" }, "{u:1}b{}c"],
])("clarkName of %o is %s", (name, clark) => {
  expect(clarkName(name)).toBe(clark);
});
