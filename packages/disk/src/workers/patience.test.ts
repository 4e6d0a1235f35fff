import { expect, test } from "vitest";
import { patience, patiently } from "./patience.ts";

const failing = (code: string) => Object.assign(new Error(code), { code });

/** Opens after so many failures. */
function opening(failures: number, code = "EMFILE") {
  let calls = 0;
  return {
    open(): number {
      calls += 1;
      if (calls <= failures) throw failing(code);
      return 7;
    },
    calls: () => calls,
  };
}

test.each(["EMFILE", "ENFILE"])("%s is waited for, longer each time, up to a second", async (code) => {
  const waits: number[] = [];
  const { open, calls } = opening(10, code);
  const wait = patience(async (ms) => waits.push(ms));
  expect(await patiently(wait, open)).toBe(7);
  expect(calls()).toBe(11);
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
});

test("after about a minute the work gives up, with what the last call failed with", async () => {
  let waitedMs = 0;
  const wait = patience(async (ms) => {
    waitedMs += ms;
  });
  await expect(patiently(wait, opening(1000).open)).rejects.toMatchObject({ code: "EMFILE" });
  expect(waitedMs).toBeGreaterThan(50_000);
  expect(waitedMs).toBeLessThan(60_000);
});

test.each(["ENOENT", "EACCES", "EIO", "ESTALE"])("%s is not waited for", async (code) => {
  const { open, calls } = opening(1, code);
  await expect(Promise.resolve(patiently(patience(), open))).rejects.toMatchObject({ code });
  expect(calls()).toBe(1);
});

test("what succeeds at once is answered at once; without patience all fails at once", () => {
  expect(patiently(patience(), opening(0).open)).toBe(7);
  expect(() => patiently(undefined, opening(1).open)).toThrow("EMFILE");
});
