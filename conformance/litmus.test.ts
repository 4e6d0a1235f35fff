import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "./judge.ts";
import { parseLitmus } from "./litmus-report.ts";
import { run } from "./run.ts";
import { type Server, startServer } from "./server.ts";
import { user, writeDigestUsers, writeUsers } from "./users.ts";

const suites = ["basic", "copymove", "props", "locks", "http"];

interface Caller {
  readonly title: string;
  /** Arguments of the server that let this caller in. */
  serverArgs(folder: string): Promise<readonly string[]>;
  readonly litmusArgs: readonly string[];
}

const callers: readonly Caller[] = [
  { title: "anonymous", serverArgs: async () => [], litmusArgs: [] },
  {
    title: "with Basic",
    serverArgs: async (folder) => ["--users", await writeUsers(folder)],
    litmusArgs: [user.name, user.password],
  },
  {
    title: "with Digest",
    serverArgs: async (folder) => ["--digest-users", await writeDigestUsers(folder)],
    litmusArgs: [user.name, user.password],
  },
];

describeWith(["litmus"], "litmus", () => {
  describe.each(callers.map((caller) => [caller.title, caller] as const))(
    "%s",
    (_, { serverArgs, litmusArgs }) => {
      let place: string;
      let server: Server;
      beforeAll(async () => {
        place = await mkdtemp(join(tmpdir(), "meanwhile-litmus-"));
        server = await startServer({ args: await serverArgs(place) });
      });
      afterAll(async () => {
        await server?.stop();
        await rm(place, { recursive: true, force: true });
      });

      test.each(suites)("suite %s passes without a warning", async (suite) => {
        const { stdout, stderr } = await run("litmus", ["--keep-going", server.url, ...litmusArgs], {
          cwd: place,
          environment: { TESTS: suite },
        });
        const reports = parseLitmus(stdout);
        const [report] = reports;
        expect(reports, stdout + stderr).toHaveLength(1);
        expect(report).toMatchObject({ suite, failed: 0, warnings: 0, complaints: [] });
        // A suite that ran nothing has proved nothing.
        expect(report?.passed).toBeGreaterThan(3);
        expect(report?.passed).toBe(report?.run);
      });
    },
  );
});
