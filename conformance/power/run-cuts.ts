/** Cuts the power of a server that works, and compares what is there afterwards with what it had answered before. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { type KillableServer, startKillable } from "../killable-server.ts";
import { pseudoRandom } from "../random.ts";
import { type CutClient, makeCutClient, type Step } from "./cut-client.ts";
import { makeCutImage, type Series } from "./cut-image.ts";
import type { Promises } from "./durability-table.ts";
import { describeTree, type Node, nameOfContent, type TreeModel } from "./tree-model.ts";

export interface CutsOptions {
  readonly series: Series;
  readonly cuts: number;
  readonly seed: number;
  readonly durability: "full" | "content";
  /** What the documentation promises of each method. */
  readonly promises: Promises;
}

const clients = 6;

/** @returns how many cuts came while a request was under way, over all clients */
export async function runCuts({ series, cuts, seed, durability, promises }: CutsOptions): Promise<number> {
  const random = pseudoRandom(seed);
  const image = makeCutImage(series);
  let server: KillableServer | undefined;
  let interrupted = 0;
  try {
    const all = Array.from({ length: clients }, (_, index) => {
      const roots = [`/w${index}`, `/mount/w${index}`];
      for (const root of roots) {
        mkdirSync(join(image.folder, root));
        // They are another program's, and not the server's to keep.
        execFileSync("sync", ["--file-system", join(image.folder, root)]);
      }
      return makeCutClient(() => server?.url ?? "", roots, random, promises);
    });
    server = await start(image, durability, 0, 0);
    for (let cut = 1; cut <= cuts; cut += 1) {
      const context = `cut ${cut} of series ${series}, ${durability}, seed ${seed}`;
      let isCut = false;
      const working = all.map((client) => client.work(() => isCut));
      await Promise.race([delay(100 + random() * 900), Promise.all(working)]);
      isCut = true;
      image.cut();
      await server.kill();
      await Promise.all(working);
      image.restart();
      server = await start(image, durability, server.port, cut);
      await expect.poll(() => hidden(image.folder), { timeout: 30_000, message: context }).toEqual([]);
      for (const client of all) {
        if (client.pending !== undefined) interrupted += 1;
        await compare(client, image.folder, context);
      }
    }
  } finally {
    await server?.kill();
    image.dispose();
  }
  return interrupted;
}

/** Starts it as after a boot: LMDB tells by the boot whether it may trust what was not flushed. */
function start(
  { folder, state }: { readonly folder: string; readonly state: string },
  durability: string,
  port: number,
  boot: number,
): Promise<KillableServer> {
  const file = join(folder, "..", "boot_id");
  writeFileSync(file, `${`${boot}`.padStart(8, "a")}-1111-4222-8333-444444444444\n`);
  const command = `mount --bind ${file} /proc/sys/kernel/random/boot_id && exec "$@"`;
  return startKillable(
    { folder, state },
    {
      port,
      args: ["--durability", durability],
      through: ["unshare", "-m", "sh", "-c", command, "sh"],
    },
  );
}

function hidden(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.includes(".meanwhile-") && name !== ".meanwhile-root~",
  );
}

/** What is there must be as it was promised; a request that was not answered is done, or it is not. */
async function compare(client: CutClient, folder: string, context: string): Promise<void> {
  const { history, pending, keyed, told } = client;
  if (pending !== undefined) await waitForResumed(client, pending);
  for (const path of told) {
    const { status } = await client.ask("GET", path, { Accept: "application/json" });
    expect(status, `${context}: ${path} was told`).toBe(200);
  }
  if (keyed !== undefined) {
    const { status } = await client.send(keyed.step);
    expect(status, `${context}: the answer of ${keyed.step.method} ${keyed.step.path} again`).toBe(
      keyed.status,
    );
  }
  const last = history.at(-1) ?? history[0];
  let possible = pending === undefined ? [last] : [last, pending.after];
  if (pending?.key !== undefined) {
    const { status, text } = await client.send(pending);
    // Of what may not safely be sent again the server tells that nobody knows what became of it.
    const unknown = status === 500 && (pending.method === "MKCOL" || pending.method === "LOCK");
    const lost = history.length > 1 && status >= 400;
    const message = `${context}: ${pending.method} ${pending.path} again: ${text}`;
    if (!unknown && !lost) {
      expect([200, 201, 204, 207], message).toContain(status);
      possible = [pending.after];
    }
  }
  const found = await readTree(client, folder);
  const lines = describeTree(found);
  const fits =
    possible.some((one) => describeTree(one).join("\n") === lines.join("\n")) ||
    (history.length > 1 && isMixture(found, [...history, ...possible]));
  const under = pending === undefined ? "" : `, in ${pending.method} ${pending.path}`;
  if (!fits) expect(lines, context + under).toEqual(describeTree(last));
  client.settle(found);
}

/** What goes on since the start keeps its paths from others: a request there that changes nothing comes after it. */
async function waitForResumed(client: CutClient, { path, headers }: Step): Promise<void> {
  const destination = headers["Destination"];
  for (const at of [path, ...(destination === undefined ? [] : [new URL(destination).pathname])]) {
    let status = 503;
    while (status === 503) ({ status } = await client.ask("DELETE", at, { "If-Match": '"none"' }));
    expect([404, 412, 423]).toContain(status);
  }
}

/** Whether each name has what it had in one of the models: of names that were not synced any may be old. */
function isMixture(found: TreeModel, models: readonly TreeModel[]): boolean {
  const at = (model: TreeModel, path: string): string => JSON.stringify(model.get(path) ?? "absent");
  const paths = new Set([found, ...models].flatMap((model) => [...model.keys()]));
  return [...paths].every((path) => models.some((model) => at(model, path) === at(found, path)));
}

/** What is on the disk, with the dead properties that the server tells. */
async function readTree(client: CutClient, folder: string): Promise<TreeModel> {
  const found = new Map<string, Node>();
  for (const root of client.roots) {
    const marks = await readMarks(client, root);
    for (const name of readdirSync(join(folder, root), { recursive: true, encoding: "utf8" })) {
      const [path, local] = [`${root}/${name}`, join(folder, root, name)];
      const isDocument = statSync(local).isFile();
      const content = isDocument ? nameOfContent(readFileSync(local, "latin1")) : undefined;
      found.set(path, { content, mark: marks.get(path) });
    }
  }
  return found;
}

async function readMarks(client: CutClient, root: string): Promise<ReadonlyMap<string, string>> {
  const { text } = await client.ask("PROPFIND", root, { Depth: "infinity" });
  const marks = new Map<string, string>();
  for (const response of text.split("<D:response>").slice(1)) {
    const [, href = ""] = /<D:href>([^<]*)<\/D:href>/.exec(response) ?? [];
    const [, mark] = /<x xmlns="urn:example">([^<]*)<\/x>/.exec(response) ?? [];
    if (mark !== undefined) marks.set(href.replace(/\/$/, ""), mark);
  }
  return marks;
}
