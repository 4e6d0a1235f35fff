import type { FileOperation, FilePath } from "../calls/file-operations.ts";
import { WarmPaths } from "../calls/warm-paths.ts";
import { isReservedName } from "../paths/names.ts";
import type { FileLane } from "./file-lane.ts";
import type { FileWorkers } from "./file-workers.ts";
import { MountTable } from "./mount-table.ts";
import { MountTraffic } from "./mount-traffic.ts";

/**
 * What a call works on: "path" a name, or what has it; "change" a name that it changes; "open" nothing but a descriptor
 * that is open already.
 */
export type Need = "path" | "change" | "open";

export interface RoutesOptions {
  readonly workers: FileWorkers;
  /** The real path of the served folder. */
  readonly root: string;
  readonly mounts?: Pick<MountTable, "mountOf">;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
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
}

/**
 * Decides for each call to the file system whether it is made on the calling thread or in a worker: on the calling thread
 * where the same was done with the path within the last seconds, and its mount is quick (see {@link MountTraffic}).
 */
export class Routes {
  readonly #workers: FileWorkers;
  readonly #mounts: Pick<MountTable, "mountOf">;
  readonly #clock: () => number;
  readonly #root: string;
  readonly #traffic: Map<string, MountTraffic> = new Map();
  readonly #warm: WarmPaths;
  /** What the open descriptors stand for. */
  readonly #open: Map<number, Place> = new Map();

  constructor({ workers, root, mounts, clock = () => performance.now() }: RoutesOptions) {
    this.#workers = workers;
    this.#root = root;
    this.#mounts = mounts ?? new MountTable({ root, clock });
    this.#clock = clock;
    this.#warm = new WarmPaths(clock);
  }

  of(target: FilePath | number, need: Need, operation: FileOperation): Route {
    const { path, traffic } = this.#placeOf(target);
    if (need === "open") {
      return { lane: traffic.quick ? undefined : traffic.calls, came: (ms) => traffic.took(ms) };
    }
    // Both are one call of the system.
    const key = `${warmedPath(path)}\0${operation === "find" ? "lstat" : operation}`;
    const lane = this.#warm.has(key) && traffic.quick ? undefined : traffic.calls;
    return {
      lane,
      came: (ms) => {
        traffic.took(ms);
        this.#warm.add(key);
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
    const { id, local } = this.#mounts.mountOf(path);
    let traffic = this.#traffic.get(id);
    if (traffic === undefined) {
      this.#forgetUnused();
      const [calls, long] = [this.#workers.lane("refusing"), this.#workers.lane("waiting")];
      traffic = new MountTraffic({ local, calls, long, clock: this.#clock });
      this.#traffic.set(id, traffic);
    }
    return { path, traffic };
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
  const slash = path.lastIndexOf("/");
  const own = isReservedName(path.slice(slash + 1)) || inReserved.test(path);
  return own ? path.slice(0, slash) : path;
}

const inReserved = /\/\.meanwhile-[^/]*~\//iu;
