/** A layer below the tree in which several spellings of a name lead to one file, as on exFAT, HFS+ or APFS. */
import { readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Calls } from "../calls/calls.ts";
import type { FilePath } from "../calls/file-facts.ts";
import type { Held } from "../calls/file-operations.ts";

/** Which spellings are one name: two whose forms are equal. */
export type Form = (name: string) => string;

export class FoldingCalls extends Calls {
  readonly #form: Form;

  constructor(form: Form, ...options: ConstructorParameters<typeof Calls>) {
    super(...options);
    this.#form = form;
  }

  override open(path: FilePath, ...rest: [number, number?]) {
    return super.open(this.#find(path), ...rest);
  }

  /** Where it is, is told in the spelling that was asked for, as FUSE does. */
  override async hold(path: string, flags: number): Promise<Held> {
    const held = await super.hold(this.#find(path), flags);
    const isAsked = held.where !== undefined && this.#form(held.where) === this.#form(path);
    return isAsked ? { ...held, where: path } : held;
  }

  override lstat(path: FilePath) {
    return super.lstat(this.#find(path));
  }

  override find(path: string) {
    return super.find(this.#find(path));
  }

  override realpath(path: string) {
    return super.realpath(this.#find(path));
  }

  override rename(from: string, to: string) {
    const [source, there] = [this.#find(from), this.#find(to)];
    // The new spelling of a name is taken over; a name that something else has keeps its own.
    return super.rename(source, realOf(source) === realOf(there) ? to : there);
  }

  override link(from: string, to: string) {
    return super.link(this.#find(from), this.#find(to));
  }

  override unlink(path: FilePath) {
    return super.unlink(this.#find(path));
  }

  override rmdir(path: FilePath) {
    return super.rmdir(this.#find(path));
  }

  override mkdir(path: string, mode?: number) {
    return super.mkdir(this.#find(path), mode);
  }

  override utimes(path: string, accessed: number, modified: number) {
    return super.utimes(this.#find(path), accessed, modified);
  }

  /** The path with its last names as they are listed. */
  #find<Path extends FilePath>(path: Path): Path {
    return typeof path === "string" ? (this.#listed(path) as Path) : path;
  }

  #listed(path: string): string {
    const name = basename(path);
    if (name === "" || name === "." || /^\/proc\/self\/fd(\/\d+)?$/.test(path)) return path;
    const directory = this.#listed(dirname(path));
    try {
      const names = readdirSync(directory);
      const found = names.includes(name)
        ? name
        : names.find((other) => this.#form(other) === this.#form(name));
      return join(directory, found ?? name);
    } catch {
      // Not there, or no directory: the call itself says so.
      return path;
    }
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
