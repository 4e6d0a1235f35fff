import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../judge.ts";
import { ask, describeStalls, firstOf, type StartSite } from "./describe-stalls.ts";

describeStalls(
  [
    { call: "open", method: "GET", path: "/slow.txt", fields: {}, status: 200 },
    { call: "stat", method: "GET", path: "/slow.txt", fields: {}, status: 200 },
    { call: "read", method: "GET", path: "/slow.txt", fields: {}, status: 200 },
    { call: "readdir", method: "PROPFIND", path: "/slow/", fields: { Depth: "1" }, status: 207 },
    { call: "rename", method: "MOVE", path: "/slow/", fields: { Destination: "/moved/" }, status: 201 },
  ],
  ["open"],
  (start) => {
    describeMany(start);
    describeFailures(start);
  },
);

const failing = [
  {
    call: "stat",
    failed: { 1: ["slow-file", "slow-link", "slow/"], infinity: ["slow-file", "slow-link", "slow/"] },
  },
  { call: "open", failed: { 1: ["slow-link"], infinity: ["slow-link", "slow/"] } },
  { call: "readdir", failed: { 1: [], infinity: ["slow/"] } },
] as const;

function describeFailures(start: StartSite): void {
  test.each(failing)(
    "where $call fails for members, a listing tells their errors, and all others",
    async ({ call, failed }) => {
      const site = await start(call, [], (folder) => {
        // One is listed while all goes well: of the other no directory is held open, so that each call is made.
        for (const top of ["well", "top"]) {
          for (const directory of ["slow", "fine"])
            mkdirSync(join(folder, top, directory), { recursive: true });
          for (const file of ["slow-file", "file", "fine/file"]) writeFileSync(join(folder, top, file), file);
          symlinkSync("slow-file", join(folder, top, "slow-link"));
        }
      });
      const { url } = site.server;
      for (const depth of ["1", "infinity"] as const) {
        site.release();
        const well = responsesOf((await ask(url, "PROPFIND", "/well/", { Depth: depth }).answer).body);
        const whole = [...well].map(([path, found]) => [path.replace("/well/", "/top/"), found] as const);
        expect(new Set(well.values())).toEqual(new Set(["200"]));
        site.fail();
        const { status, body } = await ask(url, "PROPFIND", "/top/", { Depth: depth }).answer;
        expect(status).toBe(207);
        const errors = failed[depth].map((name) => [`/top/${name}`, "503"] as const);
        expect(responsesOf(body)).toEqual(new Map([...whole, ...errors]));
      }
      const page = await ask(url, "GET", "/top/").answer;
      expect(page.status).toBe(200);
      for (const name of ["slow-file", "slow", "slow-link", "file", "fine"])
        expect(page.body).toContain(`<bdi>${name}</bdi>`);
    },
  );
}

/** The status of each resource of a multistatus: its own, or that of its properties. */
function responsesOf(multistatus: string): ReadonlyMap<string, string> {
  const parts = multistatus.matchAll(/<D:href>([^<]*)<\/D:href>.*?HTTP\/1\.1 (\d+)/gs);
  return new Map([...parts].map(([, href = "", status = ""]) => [href, status]));
}

function describeMany(start: StartSite): void {
  test("four are stuck at most; what is above that gets 503, and all goes on once they come back", async () => {
    const site = await start("open");
    const { url } = site.server;
    site.stall();
    const asked = Array.from({ length: 7 }, () => ask(url, "GET", "/slow.txt"));
    const refused = await firstOf(asked, 3);
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(refused.map(({ fields }) => fields["retry-after"])).toEqual(["5", "5", "5"]);
    site.release();
    const statuses = (await Promise.all(asked.map(({ answer }) => answer))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect((await ask(url, "GET", "/slow.txt").answer).body).toBe("content of slow.txt");
  });

  describeWith(["tmpfs"], "on one of two mounts", () => {
    test("a mount that hangs gets 503, and the other one is served", async () => {
      const site = await start("open", [], (folder) => {
        const mount = join(folder, "mount");
        mkdirSync(mount);
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "meanwhile-test", mount]);
        onTestFinished(() => void execFileSync("umount", ["-l", mount]));
        writeFileSync(join(mount, "slow.txt"), "slow");
        writeFileSync(join(mount, "fast.txt"), "fast");
      });
      const { url } = site.server;
      site.stall();
      const asked = Array.from({ length: 5 }, () => ask(url, "GET", "/mount/slow.txt"));
      const [refused] = await firstOf(asked, 1);
      expect(refused?.status).toBe(503);
      expect((await ask(url, "GET", "/mount/fast.txt").answer).status).toBe(503);
      expect((await ask(url, "GET", "/fast.txt").answer).status).toBe(200);
      expect((await ask(url, "PROPFIND", "/other/", { Depth: "1" }).answer).status).toBe(207);
      expect((await ask(url, "PUT", "/other/new").answer).status).toBe(201);
      site.release();
      await Promise.all(asked.map(({ answer }) => answer));
      expect((await ask(url, "GET", "/mount/fast.txt").answer).status).toBe(200);
    });
  });

  test("SIGTERM ends a process in which all calls came back in the usual way", async () => {
    const site = await start("open");
    expect((await ask(site.server.url, "GET", "/slow.txt").answer).status).toBe(200);
    expect(await site.server.terminate()).toBe(0);
  });
}
