import { expect, test } from "vitest";
import { checkFinalStatus } from "./final-status.ts";

test.each([200, 207, 404, 599])("%d is a final status", (status) => {
  expect(() => checkFinalStatus(status)).not.toThrow();
});

test.each([100, 102, 199, 0, 600, 200.5, Number.NaN])("%d is no final status (RFC 9110 §15)", (status) => {
  expect(() => checkFinalStatus(status)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "ERR_FINAL_STATUS" }),
  );
});

test("a 1xx is named as the mistake that it is (RFC 2518 §10.1)", () => {
  expect(() => checkFinalStatus(102)).toThrow(/102 is the status of an interim response/);
});
