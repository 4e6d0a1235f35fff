import { expect, test } from "vitest";
import { badRequest, DavError, locked } from "./error.ts";

test("badRequest is 400 and keeps its cause", () => {
  const cause = new Error("why");
  expect(badRequest("no", cause)).toMatchObject({ name: "DavError", status: 400, message: "no", cause });
  expect("cause" in badRequest("no")).toBe(false);
});

test("locked is 423 and names the locks' roots (RFC 4918 §11.3, §16)", () => {
  expect(locked(["/a"])).toMatchObject({
    status: 423,
    condition: { code: "lock-token-submitted", lockRoots: ["/a"] },
  });
});

test("a DavError has no condition and no fields unless they are given", () => {
  const error = new DavError(503, "later", { fields: { "Retry-After": "5" } });
  expect(error.condition).toBeUndefined();
  expect(error.fields).toEqual({ "Retry-After": "5" });
  expect(new DavError(404, "gone").fields).toEqual({});
});
