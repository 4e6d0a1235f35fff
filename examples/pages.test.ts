/** The snippets of the documentation are parts of programs that run here. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { reportsApp } from "./reports.ts";

const root = new URL("../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const named = (folder: string, end: string) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(end) && !name.endsWith(`.test${end}`))
    .map((name) => folder + name);

const programs = named("examples/", ".ts").map((name) => paragraphs(read(name)).map((part) => `\n${part}\n`));
const snippets = ["README.md", ...named("docs/", ".md")].flatMap((page) =>
  [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => ({ page, text })),
);

test.each(snippets)("a snippet of $page is part of a program: $text", ({ text }) => {
  const parts = paragraphs(text);
  expect(parts.length).toBeGreaterThan(0);
  const holding = programs.filter((program) =>
    parts.every((part) => program.some((paragraph) => paragraph.includes(`\n${part}\n`))),
  );
  expect(holding.length, "no program in examples/ has these lines").toBeGreaterThan(0);
});

/** Lines between empty ones, without what they are indented by. */
function paragraphs(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .join("\n")
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

test("the first program of docs/middleware.md answers, and tells how far it is to whoever asks", async () => {
  const rows = ["one", "two", "three"];
  const done: string[] = [];
  let goOn: () => void = () => undefined;
  const accepted = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const build = async (row: string) => {
    done.push(row);
    await accepted;
  };
  const origin = await start(reportsApp((_request, _response, next) => next(), rows, build));
  const response = await fetch(`${origin}/reports`, { method: "POST", headers: { Prefer: "respond-async" } });
  expect(response.status).toBe(202);
  expect(done).toEqual(["one"]);
  goOn();
  const document = await fetch(response.headers.get("location") ?? "", { headers: { Prefer: "wait=60" } });
  expect(await document.json()).toMatchObject({ progress: { done: 3, total: 3 }, outcome: { status: 200 } });
  expect(done).toEqual(rows);
});

async function start(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
