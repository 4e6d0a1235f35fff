import { expect, test, vi } from "vitest";
import { processTerminal } from "./process-terminal.ts";

test("a program that is not there is told by its name, with the exit code that shells have for it", async () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    expect(await processTerminal.run(["no-such\u001b-program"], {})).toBe(127);
    expect(written.mock.calls).toEqual([['meanwhile: there is no program "no-such\\u001b-program"\n']]);
  } finally {
    written.mockRestore();
  }
});
