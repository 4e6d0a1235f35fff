import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runWell } from "./run.ts";

/** One response as curl shows it. Field names are in lower case; a field that came twice has both values. */
export interface CurlHead {
  readonly version: string;
  readonly status: number;
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

export interface CurlAnswer {
  readonly interims: readonly CurlHead[];
  readonly final: CurlHead;
  readonly body: string;
}

/** Asks by curl, and gives all responses: interim ones, then the final one. Answers to challenges are left out. */
export async function curl(args: readonly string[], input?: string): Promise<CurlAnswer> {
  const place = await mkdtemp(join(tmpdir(), "meanwhile-curl-"));
  try {
    const heads = join(place, "heads");
    const fixed = ["--silent", "--show-error", "--path-as-is", "--dump-header", heads];
    const { stdout } = await runWell("curl", [...fixed, ...args], {
      ...(input === undefined ? {} : { input }),
      environment: { HOME: place },
    });
    const all = parseHeads(await readFile(heads, "latin1"));
    const final = all.at(-1);
    if (final === undefined) {
      throw new Error(`curl ${args.join(" ")} got no response`);
    }
    const challenges = all.slice(0, -1).findLastIndex(({ status }) => status >= 200);
    return { interims: all.slice(challenges + 1, -1), final, body: stdout };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The only value of a field; undefined where it did not come. */
export function field(head: CurlHead, name: string): string | undefined {
  const values = head.fields.get(name);
  if (values !== undefined && values.length > 1) {
    throw new Error(`${name} came ${values.length} times`);
  }
  return values?.[0];
}

function parseHeads(text: string): readonly CurlHead[] {
  return text
    .split("\r\n\r\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [statusLine = "", ...lines] = block.split("\r\n");
      const [version = "", status = ""] = statusLine.split(" ");
      const fields = new Map<string, string[]>();
      for (const line of lines) {
        const colon = line.indexOf(":");
        const name = line.slice(0, colon).toLowerCase();
        fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
      }
      return { version, status: Number(status), fields };
    });
}
