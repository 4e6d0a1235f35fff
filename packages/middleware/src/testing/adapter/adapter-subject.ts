/** What the contract of adapters is run on: an app of a framework, with the same routes in each. */
import { rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Operations } from "@meanwhile/operations";
import type { HandlerOperation } from "../../request/handler-operation.ts";
import type { ProcessingOptions } from "../../request/options.ts";

export type AdapterProtocol = "HTTP/1.1" | "HTTP/2";

/** What the routes of an app have in common. */
export interface AppStory {
  /** Counts a run of the handler, and resolves when the test lets it go on. */
  arrive(): Promise<void>;
  /** How often handlers ran. */
  readonly runs: number;
  /** Resolves when handlers have run `count` times. */
  arrived(count: number): Promise<void>;
  /** Lets all go on that wait, and those to come. */
  open(): void;
  /** A file to be sent. */
  readonly file: string;
  /** What the last handler's operation was. */
  operation: HandlerOperation | undefined;
}

/**
 * The app, in the words of its framework. All routes are POST, and `arrive` first:
 * /json: `{"made":"it"}`, 201, with Location /things/1 and two cookies. /stream: 4 chunks of `chunk`.
 * /file: the story's file. /throws: throws. /redirect: 303 to /there. /same: 304 with an ETag. /empty: 204.
 * /upload: reads its content after `arrive` and tells its length as text. /progress: reports 3 of 4 "rows" and the
 * result 423 of /row, before `arrive`, then answers "done". /interim: status 102 as its final one. /half: writes a head
 * and `half`, and never ends.
 */
export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

export interface AdapterSubject {
  readonly name: string;
  readonly protocols: readonly AdapterProtocol[];
  /** Serves the app; without `operations` as it is without the middleware. */
  serve(
    protocol: AdapterProtocol,
    story: AppStory,
    processing: { readonly operations: Operations; readonly options: ProcessingOptions } | undefined,
  ): Promise<Served>;
}

export const chunk: string = "a line of a long answer\n".repeat(4096);

export async function createStory(): Promise<AppStory & { dispose(): Promise<void> }> {
  const file = join(tmpdir(), `meanwhile-adapter-${process.pid}-${Math.random().toString(36).slice(2)}.txt`);
  await writeFile(file, "the content of a file\n".repeat(8192));
  // Of the same age in all stories: its validators are compared.
  await utimes(file, 1_000_000_000, 1_000_000_000);
  let runs = 0;
  let open = false;
  const waiting: (() => void)[] = [];
  const arrivals: { readonly count: number; readonly resolve: () => void }[] = [];
  return {
    file,
    operation: undefined,
    get runs() {
      return runs;
    },
    async arrive() {
      runs += 1;
      for (const { count, resolve } of arrivals) if (runs >= count) resolve();
      if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    arrived(count) {
      if (runs >= count) return Promise.resolve();
      return new Promise((resolve) => arrivals.push({ count, resolve }));
    },
    open() {
      open = true;
      for (const go of waiting.splice(0)) go();
    },
    dispose: () => rm(file, { force: true }),
  };
}
