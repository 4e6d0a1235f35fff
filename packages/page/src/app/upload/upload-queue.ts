/** Files on their way to the server: some at once, the others wait. */
import { ConflictQuestions } from "../asking/conflict-questions.ts";
import type { Asking } from "../asking/questions.ts";
import { reasonOf } from "../changes/change-failure.ts";
import { placed, type Replaceable } from "../changes/replacing.ts";
import type { DavClient } from "../client.ts";
import { isLost, statusOf } from "../failure-text.ts";
import { standingAt } from "../folder/rows/standing.ts";
import { Store } from "../store.ts";
import { Pace } from "../tray/pace.ts";
import type { Words } from "../words/words.ts";
import type { Chosen, ChosenFile } from "./chosen-files.ts";
import { type Sent, sendFile } from "./send-file.ts";

/** One file of those that were chosen together. */
export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** The path of the folder that it goes to. */
  readonly folder: string;
  readonly state: "waiting" | "sending" | "sent" | "skipped" | "failed" | "cancelled";
  /** Its own path, once that is known: it may get another name than its own. */
  readonly target?: string;
  readonly sent: number;
  /** From so many bytes on, which the server had, it went on the last time. */
  readonly resumedAt?: number;
  /** The connection was lost, and it is tried again. */
  readonly lost?: boolean;
  /** Why it failed, in a sentence. */
  readonly reason: string;
}

/** Whether all has left: what is cancelled then may be in place all the same. */
export function isAllSent({ state, sent, size }: Upload): boolean {
  return state === "sending" && sent >= size && size > 0;
}

interface Entry {
  upload: Upload;
  readonly file: File;
  readonly batch: ConflictQuestions;
  readonly stop: AbortController;
}

export interface UploadOptions {
  readonly client: Promise<DavClient>;
  readonly asking: Asking;
  readonly words: Words;
  /** Called when files have arrived in a folder, by its path. */
  arrived(folder: string): void;
  readonly send?: typeof sendFile;
  /** Called where the server does not know whose a file is: whether it is worth to send it once more. */
  again?(): Promise<boolean>;
}

/** Browsers open six connections to a server over HTTP/1.1: one is for the tray, one for looking around. */
const atOnce = 3;

/** The queue. Nothing of it is left behind by a reload; files that are there already are asked about once they are chosen again. */
export class UploadQueue extends Store {
  readonly pace = new Pace();
  readonly #options: UploadOptions;
  #entries: readonly Entry[] = [];
  #sending = 0;
  #count = 0;

  constructor(options: UploadOptions) {
    super();
    this.#options = options;
  }

  /** All uploads of the queue, as they are shown. */
  get uploads(): readonly Upload[] {
    return this.#entries.map(({ upload }) => upload);
  }

  /** Bytes of those that were not given up. */
  get total(): { readonly done: number; readonly all: number; readonly open: number } {
    let [done, all, open] = [0, 0, 0];
    for (const { upload } of this.#entries) {
      if (upload.state === "cancelled" || upload.state === "skipped" || upload.state === "failed") continue;
      all += upload.size;
      done += upload.sent;
      if (upload.state !== "sent") open += 1;
    }
    return { done, all, open };
  }

  /** @param folder the path of the folder that they go to */
  async add(chosen: Chosen, folder: string): Promise<void> {
    const batch = new ConflictQuestions(this.#options.asking);
    const entries = chosen.files.map(({ file, path }: ChosenFile): Entry => {
      this.#count += 1;
      const upload: Upload = {
        id: this.#count,
        name: path.at(-1) ?? file.name,
        size: file.size,
        folder:
          folder +
          path
            .slice(0, -1)
            .map((name) => `${encodeURIComponent(name)}/`)
            .join(""),
        state: "waiting",
        sent: 0,
        reason: "",
      };
      return { upload, file, batch, stop: new AbortController() };
    });
    // Those that are over make room for the new ones.
    const before = this.#entries.filter(
      ({ upload }) => upload.state === "waiting" || upload.state === "sending",
    );
    this.#entries = [...before, ...entries];
    this.changed();
    for (const path of chosen.folders) await this.#makeFolder(folder, path, entries);
    if (chosen.folders.length > 0) this.#options.arrived(folder);
    this.#next();
  }

  cancel(id: number): void {
    const entry = this.#entries.find(({ upload }) => upload.id === id);
    if (entry !== undefined) this.#cancel(entry);
  }

  cancelAll(): void {
    for (const entry of this.#entries) this.#cancel(entry);
  }

  /** Sends it again, after it failed. */
  retry(id: number): void {
    const entry = this.#entries.find(({ upload }) => upload.id === id);
    if (entry?.upload.state !== "failed") return;
    this.#set(entry, { state: "waiting", sent: 0, reason: "" });
    this.#next();
  }

  /** Forgets those that are over. */
  clear(): void {
    this.#entries = this.#entries.filter(
      ({ upload }) => upload.state === "waiting" || upload.state === "sending",
    );
    this.changed();
  }

  #cancel(entry: Entry): void {
    const { state } = entry.upload;
    if ((state !== "waiting" && state !== "sending") || isAllSent(entry.upload)) return;
    entry.stop.abort(new Error("cancelled"));
    this.#set(entry, { state: "cancelled", sent: 0 });
  }

  async #makeFolder(folder: string, path: readonly string[], entries: readonly Entry[]): Promise<void> {
    const { client, words } = this.#options;
    const place = folder + path.map((name) => `${encodeURIComponent(name)}/`).join("");
    try {
      await (await client).mkdir(new URL(place, location.href));
    } catch (error) {
      const status = statusOf(error);
      // It is there already.
      if (status === 405) return;
      const reason = status === undefined ? words.failures.connection : reasonOf(status, words);
      for (const entry of entries)
        if (entry.upload.folder.startsWith(place)) this.#set(entry, { state: "failed", reason });
    }
  }

  #next(): void {
    while (this.#sending < atOnce) {
      const entry = this.#entries.find(({ upload }) => upload.state === "waiting");
      if (entry === undefined) break;
      this.#sending += 1;
      this.#set(entry, { state: "sending" });
      void this.#send(entry).finally(() => {
        this.#sending -= 1;
        this.#next();
      });
    }
  }

  async #send(entry: Entry): Promise<void> {
    const { words, arrived } = this.#options;
    try {
      const sent = await this.#unlessThere(entry);
      if (entry.stop.signal.aborted) return;
      if (sent === "skipped") this.#set(entry, { state: "skipped", sent: 0 });
      else if (sent === "in the way") this.#set(entry, { state: "failed", reason: words.reasons[412] });
      else if (sent.kind === "sent") {
        this.#set(entry, { state: "sent", sent: entry.upload.size });
        arrived(entry.upload.folder);
      } else {
        const reason = sent.kind === "refused" ? reasonOf(sent.status, words) : words.failures.connection;
        this.#set(entry, { state: "failed", reason });
      }
    } catch (error) {
      // It was cancelled, which is shown; what is there cannot be looked at; or the file cannot be read any more.
      if (entry.stop.signal.aborted) return;
      const status = statusOf(error);
      const read = isLost(error) ? words.failures.connection : words.fileGone;
      this.#set(entry, { state: "failed", reason: status === undefined ? read : reasonOf(status, words) });
    }
  }

  /** Asks where something of that name is there. */
  #unlessThere(entry: Entry): Promise<Sent | "skipped" | "in the way"> {
    const { client } = this.#options;
    const { name, folder, size } = entry.upload;
    const own = { collection: false, length: size, modified: new Date(entry.file.lastModified) };
    return placed<Sent>({
      name,
      put: async (tried, replaceable) => {
        const sent = await this.#attempt(entry, tried, replaceable);
        return sent.kind === "exists" ? "in the way" : sent;
      },
      look: async () => standingAt(await client, new URL(folder + encodeURIComponent(name), location.href)),
      choose: (there, changed) => {
        this.#set(entry, { sent: 0 });
        return entry.batch.choose(() =>
          entry.stop.signal.aborted
            ? undefined
            : { name, own, there, others: this.#othersOf(entry), changed },
        );
      },
    });
  }

  #othersOf({ batch, upload }: Entry): number {
    return this.#entries.filter(
      (other) =>
        other.batch === batch &&
        other.upload.id !== upload.id &&
        (other.upload.state === "waiting" || other.upload.state === "sending"),
    ).length;
  }

  async #attempt(entry: Entry, name: string, replaceable: Replaceable): Promise<Sent> {
    const { file, stop, upload } = entry;
    const path = upload.folder + encodeURIComponent(name);
    this.#set(entry, { target: path });
    const { send = sendFile, again } = this.#options;
    const once = (): Promise<Sent> =>
      send({ path, file, replaceable }, (news) => this.#set(entry, news), stop.signal);
    const result = await once();
    const isUnknown = result.kind === "refused" && result.status === 401;
    return isUnknown && (await again?.()) === true ? once() : result;
  }

  #set(entry: Entry, news: Partial<Upload>): void {
    // What was cancelled stays so, whatever is still heard of it.
    if (entry.upload.state === "cancelled" && news.state === undefined) return;
    entry.upload = { ...entry.upload, ...news };
    this.pace.add(this.total.done, performance.now());
    this.changed();
  }
}
