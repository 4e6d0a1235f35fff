/** What people do to files: each is a request, or many of them, that asks where something is in the way. */
import { ConflictQuestions } from "../asking/conflict-questions.ts";
import type { Asking, MemberFailure } from "../asking/questions.ts";
import type { DavClient } from "../client.ts";
import { statusOf } from "../failure-text.ts";
import type { FolderStore } from "../folder/folder-store.ts";
import type { Row } from "../folder/rows/row.ts";
import { type Standing, standingAt } from "../folder/rows/standing.ts";
import { folderAbove } from "../navigation.ts";
import { Store } from "../store.ts";
import type { TrayStore } from "../tray/tray-store.ts";
import type { Words } from "../words/words.ts";
import { changeFailure, EndedError } from "./change-failure.ts";
import { freely, placed, type Replaceable } from "./replacing.ts";

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
  /** The connection was lost, and the server is asked what became of it. */
  lost = false;
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
    const act = async (row: Row): Promise<Following | undefined> => {
      const dav = await client;
      try {
        // What somebody else has written since it was shown is not what the question was about.
        return await this.#settle(dav.delete(here(row), row.etag === undefined ? {} : { ifMatch: row.etag }));
      } catch (error) {
        // It may be gone altogether, which says so.
        if (statusOf(error) === 412) await dav.stat(here(row));
        throw error;
      }
    };
    await this.#each(rows, words.deleting, words.deleted, act, words.reasons.changed);
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
        without: new Set(rows.map(({ href }) => href)),
      }));
    if (destination === undefined) return;
    const conflicts = new ConflictQuestions(asking);
    let left = rows.length;
    await this.#each(rows, told.doing, told.done, async (row) => {
      left -= 1;
      const { name } = row;
      const dav = await client;
      const put = async (tried: string, replaceable: Replaceable): Promise<Begun | "in the way"> => {
        const to = place(destination, tried, row);
        try {
          const options = { overwrite: replaceable !== "nothing", ...expectedBy(replaceable) };
          return { following: await this.#settle(dav[kind](here(row), to, options)) };
        } catch (error) {
          if (statusOf(error) !== 412) throw error;
          return "in the way";
        }
      };
      if (folderOf(row) === destination) {
        // A file beside itself is a second one; it is there already where it would be moved to.
        return kind === "copy" ? followed(await freely(name, (tried) => put(tried, "nothing"))) : undefined;
      }
      const attempt = async (before?: "in the way"): Promise<Following | "skipped" | undefined> => {
        const look = () => standingAt(dav, place(destination, name, { collection: false }));
        const choose = (there: Standing, changed: boolean) =>
          conflicts.choose(() => ({ name, own: row, there, others: left, changed }));
        const begun = followed(await placed({ name, put, look, choose }, before));
        if (typeof begun !== "object") return begun;
        // One that took long may find only at its end that something else is there.
        const ended = begun.ended.catch(async (error: unknown) => {
          if (!(error instanceof EndedError) || error.status !== 412) throw error;
          const again = await attempt("in the way");
          if (typeof again === "object") await again.ended;
        });
        return { ended };
      };
      return attempt();
    });
  }

  /**
   * Does it for each, tells of all that failed in the end, and looks at the folder again.
   *
   * @param unmet what it means that a condition of `act` was not met: that a name is taken, where nothing else is said
   */
  async #each<Subject extends Row | string>(
    subjects: readonly Subject[],
    doing: string,
    done: (number: number) => string,
    act: (subject: Subject) => Promise<Following | "skipped" | undefined>,
    unmet?: string,
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
        failures.push({ name, reason: changeFailure(error, words, unmet) });
      };
      try {
        const later = await act(subject);
        if (later === "skipped") continue;
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
    for await (const { comingBack = false } of request.progress) {
      if (comingBack !== this.lost) {
        this.lost = comingBack;
        this.changed();
      }
      if (request.url !== undefined) break;
    }
    this.lost = false;
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

/** What was begun; where it is over already, there is nothing to follow. */
interface Begun {
  readonly following: Following | undefined;
}

/** @throws {EndedError} 412 where no name is free */
function followed(begun: Begun | "skipped" | "in the way"): Following | "skipped" | undefined {
  if (begun === "in the way") throw new EndedError(412);
  return begun === "skipped" ? begun : begun.following;
}

function expectedBy(replaceable: Replaceable): { readonly ifDestination?: string } {
  return typeof replaceable === "object" ? { ifDestination: replaceable.etag } : {};
}

function here({ href }: Row): URL {
  return new URL(href, location.href);
}

function folderOf({ href }: Row): string {
  return folderAbove(href.endsWith("/") ? href : `${href}/`, "/") ?? "/";
}

function place(folder: string, name: string, { collection }: Pick<Row, "collection">): URL {
  return new URL(folder + encodeURIComponent(name) + (collection ? "/" : ""), location.href);
}
