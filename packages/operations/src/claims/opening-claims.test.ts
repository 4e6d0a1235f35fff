import { expect, test } from "vitest";
import { createClaims } from "./claim-table.ts";
import type { Claim, Claims } from "./claims.ts";
import { openingClaims } from "./opening-claims.ts";

const claim: Claim = { path: "/a", scope: "tree", mode: "exclusive" };

test("who asks before they are known waits, and gets them in the order of asking", async () => {
  let open: (claims: Claims) => void = () => undefined;
  const claims = openingClaims(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const order: string[] = [];
  const first = claims.acquire([claim], 1_000).then((release) => {
    order.push("first");
    return release;
  });
  const second = claims.acquire([claim], 1_000).then((release) => {
    order.push("second");
    return release;
  });
  expect(claims.held).toBe(0);
  open(createClaims(() => () => undefined));
  const release = await first;
  expect([claims.held, order]).toEqual([1, ["first"]]);
  release?.();
  (await second)?.();
  expect([claims.held, order]).toEqual([0, ["first", "second"]]);
  const later = await claims.acquire([claim], 1_000);
  expect(claims.held).toBe(1);
  later?.();
});

test("where they never become known, who asks is told why", async () => {
  const claims = openingClaims(Promise.reject(new Error("no such disk")));
  await expect(claims.acquire([claim], 1_000)).rejects.toThrow("no such disk");
  expect(claims.held).toBe(0);
});
