/** The unit of docs/how-to/service.md is one that systemd takes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "./judge.ts";
import { run } from "./run.ts";

describeWith(["systemd"], "docs/how-to/service.md", () => {
  test("has a unit without a complaint of systemd", async () => {
    const page = await readFile("docs/how-to/service.md", "utf8");
    const [, unit = ""] = /^```\n(\[Unit\]\n.*?)^```$/ms.exec(page) ?? [];
    const place = await mkdtemp(join(tmpdir(), "meanwhile-service-"));
    onTestFinished(() => rm(place, { recursive: true }));
    const verify = async (text: string) => {
      const file = join(place, "meanwhile.service");
      await writeFile(file, text);
      const { code, stdout, stderr } = await run("systemd-analyze", ["verify", file]);
      return { code, said: stdout + stderr };
    };
    // The command is not installed here.
    const present = unit.replace("ExecStart=/usr/bin/meanwhile ", "ExecStart=/bin/true ");
    expect(present).not.toBe(unit);
    expect(await verify(present)).toEqual({ code: 0, said: "" });
    expect((await verify(present.replace("ReadWritePaths=", "ReadWritePath="))).said).toContain(
      "ReadWritePath",
    );
  });
});
