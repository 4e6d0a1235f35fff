import { expect, test } from "vitest";
import { parseLitmus } from "./litmus-report.ts";

const output = [
  "-> running `locks':",
  "\r 0. init.................. \r 0. init.................. pass",
  "\r18. cond_put_corrupt_token \r18. cond_put_corrupt_token WARNING: PUT failed with 400 not 423",
  "    ...................... pass (with 1 warning)",
  "\r19. complex_cond_put..... \r19. complex_cond_put..... FAIL (PUT with complex condition failed: 412)",
  "-> 1 test was skipped.",
  "<- summary for `locks': of 3 tests run: 2 passed, 1 failed. 66.7%",
  "-> 1 warning was issued.",
  "-> running `http':",
  "\r 0. init.................. \r 0. init.................. FAIL (could not connect)",
  "",
].join("\n");

test("a litmus report names what failed and what was warned of", () => {
  const [locks] = parseLitmus(output);
  expect(locks).toEqual({
    suite: "locks",
    run: 3,
    passed: 2,
    failed: 1,
    warnings: 1,
    complaints: [
      "18. cond_put_corrupt_token WARNING: PUT failed with 400 not 423",
      "19. complex_cond_put..... FAIL (PUT with complex condition failed: 412)",
    ],
  });
});

test("a litmus suite that broke off before its summary counts as failed", () => {
  expect(parseLitmus(output)[1]).toMatchObject({ suite: "http", failed: 1, complaints: ["no summary"] });
});

test("an output without any suite has no report", () => {
  expect(parseLitmus("litmus: Usage: litmus [OPTIONS] URL\n")).toEqual([]);
});
