import { openSync, readSync } from "node:fs";

/** A file system at its place, as the system's table has it. */
export interface Mount {
  /** Differs from that of every other mount, also of one that was at the same place before. */
  readonly id: string;
  /** The directory that it is mounted at. */
  readonly point: string;
  /** Its type says that it is on a disk or in the memory of this machine. False: network, FUSE, or not known. */
  readonly local: boolean;
  /** What it has is nowhere but in this machine's memory. */
  readonly inMemory: boolean;
}

export interface MountTableOptions {
  /** Only mounts at this path, above it and below it matter. */
  readonly root: string;
  /** The table in the form of proc(5), `/proc/PID/mountinfo`; undefined where the system has none. */
  readonly read?: () => string | undefined;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

/** The table is read again when it is older. */
const freshMs = 1000;

/** Which mount a path is on. The mounts themselves are never touched: one that hangs would hang whoever asks. */
export class MountTable {
  readonly #root: string;
  readonly #read: () => string | undefined;
  readonly #clock: () => number;
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** The mount of the root, and those below it, the deepest first. */
  #ofRoot: Mount = unknownMount;
  #below: readonly Mount[] = [];

  constructor({ root, read = readMountinfo, clock = () => performance.now() }: MountTableOptions) {
    this.#root = root;
    this.#read = read;
    this.#clock = clock;
  }

  /** @param path an absolute path, without links */
  mountOf(path: string): Mount {
    this.#refresh();
    for (const mount of this.#below) if (isAtOrBelow(path, mount.point)) return mount;
    return this.#ofRoot;
  }

  /** Where something is mounted at a path or below it, as it is now. */
  pointsWithin(path: string): readonly string[] {
    this.#refresh(0);
    if (this.#below.length === 0) return [];
    return this.#below.map(({ point }) => point).filter((point) => isAtOrBelow(point, path));
  }

  #refresh(olderThanMs: number = freshMs): void {
    const now = this.#clock();
    if (now - this.#readAt < olderThanMs) return;
    this.#readAt = now;
    const text = this.#read();
    if (text === undefined || text === this.#text) return;
    this.#text = text;
    const mounts = parseMountinfo(text);
    // The last of several at one place hides the others.
    const covering = mounts
      .filter(({ point }) => isAtOrBelow(this.#root, point))
      .reduce(deeper, unknownMount);
    this.#ofRoot = covering;
    this.#below = mounts
      .filter(({ point }) => point !== this.#root && isAtOrBelow(point, this.#root))
      .toReversed()
      .toSorted((a, b) => b.point.length - a.point.length);
  }
}

/** What is known where the system has no such table: calls are taken for quick until they are not. */
const unknownMount: Mount = { id: "", point: "", local: true, inMemory: false };

function deeper(one: Mount, other: Mount): Mount {
  return other.point.length >= one.point.length ? other : one;
}

function isAtOrBelow(path: string, above: string): boolean {
  if (!path.startsWith(above)) return false;
  return path.length === above.length || above === "/" || path.charAt(above.length) === "/";
}

/** File systems on disks and in memory, by the names that Linux gives them. FUSE is none, whatever is behind it. */
const localTypes: ReadonlySet<string> = new Set(
  (
    "bcachefs btrfs erofs exfat ext2 ext3 ext4 f2fs hfs hfsplus iso9660 jfs msdos nilfs2 ntfs3 overlay ramfs reiserfs " +
    "rootfs squashfs tmpfs devtmpfs ubifs udf vfat xfs zfs"
  ).split(" "),
);

const memoryTypes: ReadonlySet<string> = new Set(["devtmpfs", "ramfs", "tmpfs"]);

/**
 * Reads a table of mounts: ID, parent, device, root, mount point, options, optional fields, "-", type, source, options.
 * Lines in another form are left out.
 */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [number, , device, , point] = before?.split(" ") ?? [];
    const type = after?.split(" ")[0];
    if (point === undefined || type === undefined) return [];
    return [
      {
        id: `${number} ${device}`,
        point: plainName(point),
        local: localTypes.has(type),
        inMemory: memoryTypes.has(type),
      },
    ];
  });
}

/** Spaces and the like are written as their octal code. */
function plainName(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes = Buffer.from(text).toString("latin1");
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(plain, "latin1").toString();
}

/** Stays open: reading from its beginning gives the table as it is then. */
let mountinfo: number | undefined;
let bytes = Buffer.alloc(16 * 1024);
let last = "";
let lastBytes = Buffer.alloc(0);

function readMountinfo(): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    mountinfo ??= openSync("/proc/self/mountinfo", "r");
    let length = 0;
    for (;;) {
      if (length === bytes.byteLength) bytes = Buffer.concat([bytes, Buffer.alloc(length)]);
      const count = readSync(mountinfo, bytes, length, bytes.byteLength - length, length);
      if (count === 0) break;
      length += count;
    }
    const read = bytes.subarray(0, length);
    if (read.equals(lastBytes)) return last;
    lastBytes = Buffer.from(read);
    last = read.toString();
    return last;
  } catch {
    // No descriptor is left, or no /proc is there: what was read last holds.
    return undefined;
  }
}
