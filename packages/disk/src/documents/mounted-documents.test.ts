/** PUT onto a file that something is mounted at, as containers mount single files: its content changes, in place. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree, TreeWork } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { soak } from "../../../../conformance/soak.ts";
import type { Change } from "../calls/before-change.ts";
import { type CrashSite, makeCrashSite, reap, startProcess } from "../testing/crash/crash.ts";
import { dropPrivileges } from "../testing/privileges.ts";

const path = "/c/config" as ResourcePath;
const old = "the old content, which is the longer one";

async function put(tree: Tree, content: string, modifiedMs?: number): Promise<boolean> {
  const draft = await tree.draft(path, { length: undefined });
  try {
    await draft.write(Buffer.from(content));
    return (await draft.commit({ modifiedMs })).created;
  } finally {
    await draft.discard();
  }
}

/** Runs with a folder in which a file from outside is mounted at /c/config. */
async function withMount(
  run: (site: CrashSite) => Promise<void>,
  fault?: (change: Change) => void,
): Promise<void> {
  const site = makeCrashSite(fault);
  const [outside, inside] = [join(site.state, "outside"), join(site.folder, "c/config")];
  mkdirSync(join(site.folder, "c"));
  writeFileSync(outside, old);
  writeFileSync(inside, "");
  execFileSync("mount", ["--bind", outside, inside]);
  try {
    await run(site);
  } finally {
    process.seteuid?.(0);
    execFileSync("umount", ["-l", inside]);
  }
}

function contentOf(site: CrashSite): string {
  return readFileSync(join(site.state, "outside"), "utf8");
}

function names(site: CrashSite): readonly string[] {
  return readdirSync(join(site.folder, "c"));
}

testWith(
  ["tmpfs"],
  "it gets the new content, shorter or longer, and the time that the client says",
  async () => {
    await withMount(async (site) => {
      const { tree } = startProcess(site);
      for (const content of ["new", "x".repeat(300_000), ""]) {
        expect(await put(tree, content, 1_000_000_000_123)).toBe(false);
        expect(contentOf(site)).toBe(content);
        expect((await tree.lookup(path))?.modifiedMs).toBe(1_000_000_000_123);
        expect(names(site)).toEqual(["config"]);
      }
    });
  },
);

for (const method of ["PUT", "COPY", "MOVE"] as const) {
  testWith(["tmpfs"], `${method} onto one whose times another user owns gives it the content`, async () => {
    await withMount(async (site) => {
      chmodSync(join(site.state, "outside"), 0o666);
      writeFileSync(join(site.folder, "source"), "new");
      const { tree } = startProcess(site);
      await tree.lookup(path);
      dropPrivileges(dirname(site.folder));
      chownBack(join(site.state, "outside"));
      if (method === "PUT") await put(tree, "new", 1_000_000_000_123);
      else expect(await transfer(tree, method, testWork())).toEqual({ created: false });
      expect(contentOf(site)).toBe("new");
      expect(names(site)).toEqual(["config"]);
      expect(existsSync(join(site.folder, "source"))).toBe(method !== "MOVE");
    });
  });
}

/** Root's again, which it was before all was given to nobody. */
function chownBack(file: string): void {
  const acting = process.geteuid?.() ?? 0;
  process.seteuid?.(0);
  chownSync(file, 0, 0);
  process.seteuid?.(acting);
}

testWith(["tmpfs"], "a condition is compared before it is touched", async () => {
  await withMount(async (site) => {
    const { tree } = startProcess(site);
    const { seen } = await tree.see(path, { members: false });
    writeFileSync(join(site.state, "outside"), "theirs");
    const draft = await tree.draft(path, { length: 3 });
    await expect(draft.commit({ modifiedMs: undefined, over: { seen } })).rejects.toMatchObject({
      code: "changed",
    });
    expect(contentOf(site)).toBe("theirs");
    expect(names(site)).toEqual(["config"]);
  });
});

testWith(
  ["tmpfs"],
  "where the new content cannot be written, or the old not be kept, the old one is there",
  async () => {
    for (let failing = 1; failing <= 3; failing += 1) {
      let writes = 0;
      let counting = false;
      const fault = ({ call }: Change): void => {
        if (!counting || call !== "write") return;
        writes += 1;
        if (writes === failing) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      };
      await withMount(async (site) => {
        const { tree } = startProcess(site);
        const draft = await tree.draft(path, { length: 3 });
        await draft.write(Buffer.from("new"));
        counting = true;
        await expect(Promise.resolve(draft.commit({ modifiedMs: undefined }))).rejects.toMatchObject({
          code: "no-space",
        });
        expect(contentOf(site), `write ${failing}`).toBe(old);
        expect(names(site)).toEqual(["config"]);
      }, fault);
    }
  },
);

testWith(["tmpfs"], "after a kill at any moment it has the old content or the new, whole", async () => {
  const found = new Set<string>();
  let over = false;
  for (let change = 1; !over; change += 1) {
    await withMount(async (site) => {
      const process = startProcess(site, change);
      const end = await Promise.race([put(process.tree, "new").catch(() => "failed"), process.ended]);
      await reap(site);
      over = end !== "ended";
      const next = startProcess(site);
      await next.recover(new Set());
      expect([old, "new"], `ended before change ${change}`).toContain(contentOf(site));
      expect(names(site), `ended before change ${change}`).toEqual(["config"]);
      found.add(contentOf(site));
    });
  }
  expect([...found].sort()).toEqual(["new", old]);
});

const transfers = ["COPY", "MOVE"] as const;
const source = "/source" as ResourcePath;

function transfer(tree: Tree, method: (typeof transfers)[number], work: TreeWork): Promise<unknown> {
  return method === "COPY"
    ? tree.copy(source, path, { replace: true, depth: "infinity" }, work)
    : tree.move(source, path, { replace: true }, work);
}

for (const method of transfers) {
  testWith(
    ["tmpfs"],
    `${method} of a document onto it copies the content, and of a collection is refused`,
    async () => {
      await withMount(async (site) => {
        writeFileSync(join(site.folder, "source"), "new");
        const { tree } = startProcess(site);
        expect(await transfer(tree, method, testWork())).toEqual({ created: false });
        expect(contentOf(site)).toBe("new");
        expect(names(site)).toEqual(["config"]);
        expect(existsSync(join(site.folder, "source"))).toBe(method === "COPY");
        rmSync(join(site.folder, "source"), { force: true });
        mkdirSync(join(site.folder, "source"));
        await expect(transfer(tree, method, testWork())).rejects.toMatchObject({ code: "denied" });
      });
    },
  );

  testWith(["tmpfs"], `${method} onto it that is killed at any moment is completed, or undone`, async () => {
    let over = false;
    for (let change = 1; !over; change += 1) {
      // One of both, where it is not the soak.
      for (const resumed of soak ? [true, false] : [change % 2 === 0]) {
        await withMount(async (site) => {
          writeFileSync(join(site.folder, "source"), "new");
          const work = { id: "work-1" };
          const process = startProcess(site, change);
          const done = transfer(process.tree, method, testWork(work)).catch(() => "failed");
          over = (await Promise.race([done, process.ended])) !== "ended";
          await reap(site);
          const next = startProcess(site);
          await next.recover(new Set(resumed && !over ? [work.id] : []));
          if (resumed && !over) await transfer(next.tree, method, testWork({ ...work, resumed: true }));
          const context = `ended before change ${change}`;
          expect(resumed || over ? ["new"] : ["new", old], context).toContain(contentOf(site));
          expect(names(site), context).toEqual(["config"]);
          if (contentOf(site) === old) expect(readFileSync(join(site.folder, "source"), "utf8")).toBe("new");
        });
      }
    }
  });
}
