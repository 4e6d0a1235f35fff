import { expect, test } from "vitest";
import { askedIds, mostIds } from "./place.ts";

test.each<[url: string | undefined, ids: readonly string[] | undefined]>([
  [undefined, undefined],
  ["/operations/", undefined],
  ["/operations/?", undefined],
  ["/operations/?other=1", undefined],
  ["/operations/?id=a-B_1", ["a-B_1"]],
  ["/operations/?id=a&x=y&id=b&id=a", ["a", "b"]],
  ["/operations/?id=", []],
  ["/operations/?id=..%2Fa&id=a%00&id=b", ["b"]],
])("%s asks for %j", (url, ids) => expect(askedIds(url)).toEqual(ids));

test("no more are listed than a list has", () => {
  const many = Array.from({ length: mostIds + 5 }, (_, index) => `id=${index}`).join("&");
  expect(askedIds(`/?${many}`)).toHaveLength(mostIds);
});
