import type { FilePath } from "../calls/file-facts.ts";
import type { FileOperation } from "../calls/file-operations.ts";
import { WarmPaths } from "../calls/warm-paths.ts";
import { isReservedName } from "../paths/names.ts";
import type { FileLane } from "./file-lane.ts";
import type { FileWorkers } from "./file-workers.ts";
import { MountTable } from "./mount-table.ts";
import { MountTraffic } from "./mount-traffic.ts";

/**
 * What a call works on: "look" what has a name, without opening it; "path" that, too, to be opened or read; "change" a name
 * that it makes, gives or takes; "open" nothing but a descriptor that is open already.
 */
export type Need = "look" | "path" | "change" | "open";

export interface RoutesOptions {
  readonly workers: FileWorkers;
  /** The real path of the served folder. */
  readonly root: string;
  readonly mounts?: Pick<MountTable, "mountOf">;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** Nobody waits for the calling thread yet: all calls are made there, until {@link Routes.begin}. Default: false. */
  readonly starting?: boolean;
}

/** Where a call is made, and what is to be told when it was. */
export interface Route {
  /** Undefined: on the calling thread. */
  readonly lane: FileLane | undefined;
  /** The call came back, in so many milliseconds: well, or with an error. */
  came(ms: number): void;
}

interface Place {
  readonly path: string;
  readonly traffic: MountTraffic;
  /** Its names need no disk. */
  readonly inMemory: boolean;
}

/**
 * Decides for each call to the file system whether it is made on the calling thread or in a worker: on the calling thread
 * where its mount is quick (see {@link MountTraffic}), and what it needs is in the system's memory, very likely:
 *
 * - of a look, the name was looked at within the last seconds, or the file system is in memory as a whole;
 * - of a change, besides, the same was done with another name of the directory within the last seconds;
 * - of all else, the same was done with the path.
 */
export class Routes {
  readonly #workers: FileWorkers;
  readonly #mounts: Pick<MountTable, "mountOf">;
  readonly #clock: () => number;
  readonly #root: string;
  readonly #traffic: Map<string, MountTraffic> = new Map();
  readonly #warm: WarmPaths;
  #starting: boolean;
  /** What the open descriptors stand for. */
  readonly #open: Map<number, Place> = new Map();

  constructor({ workers, root, mounts, clock = () => performance.now(), starting = false }: RoutesOptions) {
    this.#starting = starting;
    this.#workers = workers;
    this.#root = root;
    this.#mounts = mounts ?? new MountTable({ root, clock });
    this.#clock = clock;
    this.#warm = new WarmPaths(clock);
  }

  /** From now on others wait for the calling thread. */
  begin(): void {
    this.#starting = false;
  }

  of(target: FilePath | number, need: Need, operation: FileOperation): Route {
    const { path, traffic, inMemory } = this.#placeOf(target);
    if (need === "open") {
      return { lane: traffic.quick ? undefined : traffic.calls, came: (ms) => traffic.took(ms) };
    }
    const name = warmedPath(path);
    const where = need === "change" && name === path ? directoryOf(path) : name;
    const did = `${where}\0${operation}`;
    const isFound = need === "path" || inMemory || this.#warm.has(name);
    const isDone = need === "look" || this.#warm.has(did);
    return {
      lane: this.#starting || (isFound && isDone && traffic.quick) ? undefined : traffic.calls,
      came: (ms) => {
        traffic.took(ms);
        if (need !== "path") this.#warm.add(name);
        if (need !== "look") this.#warm.add(did);
      },
    };
  }

  /** For calls that are made in a worker in any case. "long": that may take their time. */
  aside(target: FilePath | number, kind: "quick" | "long"): FileLane {
    const { traffic } = this.#placeOf(target);
    return kind === "long" ? traffic.long : traffic.calls;
  }

  opened(fd: number, path: FilePath): void {
    this.#open.set(fd, this.#placeOf(path));
  }

  /** To be told before a descriptor is closed: its number may be given again at once. */
  closing(fd: number): void {
    this.#open.delete(fd);
  }

  #placeOf(target: FilePath | number): Place {
    if (typeof target === "number") return this.#open.get(target) ?? this.#place(this.#root);
    const text = typeof target === "string" ? target : Buffer.from(target).toString("latin1");
    if (!text.startsWith(descriptors)) return this.#place(text);
    const slash = text.indexOf("/", descriptors.length);
    const fd = Number(slash < 0 ? text.slice(descriptors.length) : text.slice(descriptors.length, slash));
    const held = this.#open.get(fd);
    if (held === undefined) return this.#place(this.#root);
    if (slash < 0) return held;
    return this.#place(held.path + text.slice(slash));
  }

  #place(path: string): Place {
    const { id, local, inMemory } = this.#mounts.mountOf(path);
    let traffic = this.#traffic.get(id);
    if (traffic === undefined) {
      this.#forgetUnused();
      const [calls, long] = [this.#workers.lane("refusing"), this.#workers.lane("waiting")];
      traffic = new MountTraffic({ local, calls, long, clock: this.#clock });
      this.#traffic.set(id, traffic);
    }
    return { path, traffic, inMemory };
  }

  /** Mounts come and go. */
  #forgetUnused(): void {
    if (this.#traffic.size < mostMounts) return;
    for (const [id, { calls }] of this.#traffic)
      if (calls.runningSince === undefined) this.#traffic.delete(id);
  }
}

const mostMounts = 256;

const descriptors = "/proc/self/fd/";

/** Names of our own that nobody asks for count as their directory: each is used once, and the directory often. */
function warmedPath(path: string): string {
  if (!path.includes("/.")) return path;
  const slash = path.lastIndexOf("/");
  const own = isReservedName(path.slice(slash + 1)) || inReserved.test(path);
  return own ? path.slice(0, slash) : path;
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

const inReserved = /\/\.meanwhile-[^/]*~\//iu;
