/** The transcript of an upload that goes on, in docs/reference/serve.md, as curl runs it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { runWell } from "./run.ts";
import { startServer } from "./server.ts";

const page = readFileSync(new URL("../docs/reference/serve.md", import.meta.url), "utf8");
const [, script = ""] = /^```sh\n(version=.*?)^```$/ms.exec(page) ?? [];

describeWith(["curl"], "the transcript of an upload in docs/reference/serve.md", () => {
  test("prints what stands behind its lines", async () => {
    const expected = [...script.matchAll(/ # (.*)$/gm)].map(([, line]) => line);
    expect(expected).toHaveLength(3);
    const server = await startServer();
    try {
      const here = script.replaceAll("http://127.0.0.1:8102/", server.url).replaceAll(/ # .*$/gm, "");
      const { stdout } = await runWell("bash", ["-c", here]);
      expect(stdout.replaceAll("\r", "").split("\n").filter(Boolean)).toEqual(expected);
    } finally {
      await server.stop();
    }
  });
});
