import { expect, test } from "vitest";
import { remembered } from "./remembered.ts";

test("short texts are parsed once, long ones and those that cannot be parsed each time", () => {
  const asked: string[] = [];
  const parse = remembered((text) => {
    asked.push(text);
    if (text === "bad") throw new Error("bad");
    return { text };
  });
  const long = "x".repeat(2049);
  for (const text of ["a", "a", "b", "a", long, long]) expect(parse(text)).toEqual({ text });
  for (let time = 0; time < 2; time += 1) expect(() => parse("bad")).toThrow("bad");
  expect(asked).toEqual(["a", "b", long, long, "bad", "bad"]);
});

test("only so many are remembered", () => {
  let parsed = 0;
  const parse = remembered((text) => {
    parsed += 1;
    return { text };
  });
  for (let round = 0; round < 2; round += 1) for (let at = 0; at < 200; at += 1) parse(String(at));
  expect(parsed).toBe(400);
});
