import { expect, test } from "vitest";
import { english } from "./english.ts";
import { german } from "./german.ts";

test.each([
  ["3 of 7 items", "COPY", "Stopped by you at 3 of 7 items: nothing was copied"],
  ["3 of 7 items", "MOVE", "Stopped by you at 3 of 7 items: nothing was moved"],
  ["3 of 7 items", "DELETE", "Stopped by you: 3 of 7 items deleted"],
  ["", "DELETE", "Stopped by you"],
  ["", "PUT", "Stopped by you: nothing was uploaded"],
  ["3 of 7 items", "POST", "Stopped by you at 3 of 7 items"],
])("stopped with %j done, %s: %s", (counts, method, line) => {
  expect(english.stopped(counts, method)).toBe(line);
});

test("the same in German", () => {
  expect(german.stopped("3 von 7 Elementen", "COPY")).toBe(
    "Von Ihnen angehalten bei 3 von 7 Elementen: nichts wurde kopiert",
  );
  expect(german.stopped("3 von 7 Elementen", "DELETE")).toBe(
    "Von Ihnen angehalten: 3 von 7 Elementen gelöscht",
  );
  expect([german.stopped("", "DELETE"), german.stopped("", "POST")]).toEqual([
    "Von Ihnen angehalten",
    "Von Ihnen angehalten",
  ]);
});
