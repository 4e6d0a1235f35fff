/** What people do to files: each is a request, or many of them, that asks where something is in the way. */
import type { Asking, Conflict, MemberFailure } from "../asking/questions.ts";
import type { DavClient } from "../client.ts";
import { statusOf } from "../failure-text.ts";
import type { FolderStore } from "../folder/folder-store.ts";
import type { Row } from "../folder/row.ts";
import { folderAbove } from "../navigation.ts";
import { Store } from "../store.ts";
import type { TrayStore } from "../tray/tray-store.ts";
import type { Words } from "../words/words.ts";
import { changeFailure, EndedError } from "./change-failure.ts";
import { numberedNames } from "./free-name.ts";

export type Transfer = "copy" | "move";

export interface ChangesOptions {
  readonly client: Promise<DavClient>;
  readonly asking: Asking;
  readonly folder: FolderStore;
  readonly tray: TrayStore;
  readonly words: Words;
}

/** Operations that are followed before more are begun: the server takes so many of one user. */
const mostOperations = 40;
/** How long what was done is told. */
const saidMs = 8_000;

/** Does one thing after the other; long ones go on in the tray, and the next one begins. */
export class Changes extends Store {
  /** What is done now, for people; "" where nothing is. */
  doing = "";
  /** What was done last. */
  done = "";
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    super();
    this.#options = options;
  }

  async createFolder(): Promise<void> {
    const { asking, words, client, folder } = this.#options;
    const name = await asking.ask("name", { title: words.newFolder, button: words.create, name: "" });
    if (name === undefined) return;
    const path = folder.path;
    await this.#each([name], words.newFolder, words.created, async () => {
      const place = new URL(`${path}${encodeURIComponent(name)}/`, location.href);
      try {
        await (await client).mkdir(place);
      } catch (error) {
        throw statusOf(error) === 405 ? new EndedError(412) : error;
      }
      return undefined;
    });
  }

  async rename(row: Row): Promise<void> {
    const { asking, words, client } = this.#options;
    const name = await asking.ask("name", { title: words.renameTitle, button: words.rename, name: row.name });
    if (name === undefined) return;
    await this.#each([row], words.renaming, words.renamed, async () => {
      const to = place(folderOf(row), name, row);
      return this.#settle((await client).move(here(row), to, { overwrite: false }));
    });
  }

  async remove(rows: readonly Row[]): Promise<void> {
    const { asking, words, client } = this.#options;
    if (rows.length === 0 || (await asking.ask("delete", { rows })) !== true) return;
    await this.#each(rows, words.deleting, words.deleted, async (row) =>
      this.#settle((await client).delete(here(row))),
    );
  }

  /** @param given the folder's path; asked for where it is not given */
  async transfer(kind: Transfer, rows: readonly Row[], given?: string): Promise<void> {
    const { asking, words, client, folder } = this.#options;
    if (rows.length === 0) return;
    const told = words.transfers[kind];
    const destination =
      given ??
      (await asking.ask("destination", {
        title: told.title(rows.length),
        button: told.button,
        from: folder.path,
      }));
    if (destination === undefined) return;
    let rule: Conflict | undefined;
    let left = rows.length;
    await this.#each(rows, told.doing, told.done, async (row) => {
      left -= 1;
      const dav = await client;
      const send = (name: string, overwrite: boolean) =>
        this.#settle(dav[kind](here(row), place(destination, name, row), { overwrite }));
      if (folderOf(row) === destination) {
        // A file beside itself is a second one; it is there already where it would be moved to.
        return kind === "copy" ? freely(row.name, (name) => send(name, false)) : undefined;
      }
      try {
        return await send(row.name, false);
      } catch (error) {
        if (statusOf(error) !== 412) throw error;
      }
      const answer =
        rule ?? (await asking.ask("conflict", { name: row.name, collection: row.collection, others: left }));
      const choice = typeof answer === "object" ? answer.choice : (answer ?? "skip");
      if (typeof answer === "object" && answer.forAll) rule = answer.choice;
      if (choice === "replace") return send(row.name, true);
      return choice === "keep both" ? freely(row.name, (name) => send(name, false)) : undefined;
    });
  }

  /** Does it for each, tells of all that failed in the end, and looks at the folder again. */
  async #each<Subject extends Row | string>(
    subjects: readonly Subject[],
    doing: string,
    done: (number: number) => string,
    act: (subject: Subject) => Promise<Following | undefined>,
  ): Promise<void> {
    const { asking, words, folder } = this.#options;
    const failures: MemberFailure[] = [];
    const following = new Set<Promise<void>>();
    let count = 0;
    for (const [index, subject] of subjects.entries()) {
      this.doing = subjects.length === 1 ? doing : `${doing} ${index + 1} / ${subjects.length}`;
      this.changed();
      const name = typeof subject === "string" ? subject : subject.name;
      const failed = (error: unknown): void => {
        failures.push({ name, reason: changeFailure(error, words) });
      };
      try {
        const later = await act(subject);
        count += 1;
        if (later === undefined) continue;
        const end = later.ended.catch(failed).finally(() => following.delete(end));
        following.add(end);
        if (following.size >= mostOperations) await Promise.race(following);
      } catch (error) {
        failed(error);
      }
    }
    this.doing = "";
    folder.selectAll(false);
    void folder.refresh();
    if (count > 0 && following.size === 0) this.#say(done(count));
    this.changed();
    await Promise.all(following);
    if (failures.length > 0)
      await asking.ask("failures", { title: words.notDone(failures.length), failures });
  }

  /** For a while. */
  #say(done: string): void {
    this.done = done;
    setTimeout(() => {
      if (this.done === done) this.done = "";
      this.changed();
    }, saidMs);
  }

  /** The end of a request, or where it is heard of, if that takes longer. */
  async #settle(request: ReturnType<DavClient["copy"]>): Promise<Following | undefined> {
    // A failure is told where it is awaited.
    request.outcome.catch(() => undefined);
    for await (const _ of request.progress) if (request.url !== undefined) break;
    if (request.url === undefined) {
      await request.outcome;
      return undefined;
    }
    const { url } = request;
    request.detach();
    return { ended: this.#options.tray.follow(url) };
  }
}

/** Something that goes on in the tray. */
interface Following {
  readonly ended: Promise<void>;
}

/** Tries names until one is free. */
async function freely<Result>(name: string, send: (name: string) => Promise<Result>): Promise<Result> {
  let taken: unknown;
  for (const numbered of numberedNames(name)) {
    try {
      return await send(numbered);
    } catch (error) {
      if (statusOf(error) !== 412) throw error;
      taken = error;
    }
  }
  throw taken;
}

function here({ href }: Row): URL {
  return new URL(href, location.href);
}

function folderOf({ href }: Row): string {
  return folderAbove(href.endsWith("/") ? href : `${href}/`, "/") ?? "/";
}

function place(folder: string, name: string, { collection }: Row): URL {
  return new URL(folder + encodeURIComponent(name) + (collection ? "/" : ""), location.href);
}
