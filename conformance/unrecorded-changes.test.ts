/** The shipped command, killed after changes of one document that nothing was recorded of: decision 0173. */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startKillable } from "./killable-server.ts";

interface Change {
  readonly method: "COPY" | "MOVE" | "DELETE";
  readonly status: number;
  /** What a repetition without a key gets once the process was killed: it is judged anew. */
  readonly repeated: number;
}

const changes: readonly Change[] = [
  { method: "COPY", status: 201, repeated: 204 },
  { method: "MOVE", status: 201, repeated: 404 },
  { method: "DELETE", status: 204, repeated: 404 },
];

test.each(changes)(
  "a $method of one document is done once after kill -9: its repetition gets the first answer by its key or status document, else it is judged anew",
  async ({ method, status, repeated }) => {
    const place = await mkdtemp(join(tmpdir(), "meanwhile-unrecorded-"));
    onTestFinished(() => rm(place, { recursive: true, force: true }));
    const [folder, state] = [join(place, "folder"), join(place, "state")];
    await mkdir(folder);
    const first = await startKillable({ folder, state });
    onTestFinished(() => first.kill());
    for (const name of ["plain", "keyed", "told"]) await writeFile(join(folder, name), name);
    const ask = (url: string, name: string, more: Record<string, string> = {}): Promise<Response> => {
      const to = method === "DELETE" ? {} : { Destination: `${url}${name}-new` };
      return fetch(`${url}${name}`, { method, headers: { ...to, ...more } });
    };
    const key = { "Idempotency-Key": `"${randomUUID()}"` };
    expect((await ask(first.url, "plain")).status).toBe(status);
    expect((await ask(first.url, "keyed", key)).status).toBe(status);
    const told = await ask(first.url, "told", { Prefer: "processing" });
    expect(told.status).toBe(status);
    const [, url = ""] = /^<([^>]*)>; rel="status"$/.exec(told.headers.get("Link") ?? "") ?? [];
    const location = new URL(url, first.url).pathname;
    await first.kill();
    const next = await startKillable({ folder, state }, { port: first.port });
    onTestFinished(() => next.kill());
    const again = await ask(next.url, "keyed", key);
    expect([again.status, again.headers.get("Idempotency-Replayed")]).toEqual([status, "true"]);
    await expect
      .poll(async () => {
        const response = await fetch(new URL(location, next.url), {
          headers: { Accept: "application/json" },
        });
        const document = (await response.json()) as { readonly outcome?: { readonly status?: number } };
        return document.outcome?.status;
      })
      .toBe(status);
    expect((await ask(next.url, "plain")).status).toBe(repeated);
    for (const name of ["plain", "keyed", "told"]) {
      expect(existsSync(join(folder, name)), name).toBe(method === "COPY");
      expect(existsSync(join(folder, `${name}-new`)), name).toBe(method !== "DELETE");
    }
    expect(readdirSync(folder).filter((name) => name.startsWith(".meanwhile-"))).toEqual([
      ".meanwhile-root~",
    ]);
  },
  60_000,
);
