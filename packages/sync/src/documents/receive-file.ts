import { constants, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ConnectionError, type DavClient, type Download, HttpError, type Patience } from "@meanwhile/client";
import {
  atOnce,
  isSpent,
  Repeating,
  type RepeatPolicy,
  type Setback,
  setbackOf,
} from "@meanwhile/client/internal";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { errorCode, isMissing } from "../local/list-local.ts";
import { partName, singlePartName, strongTag } from "../local/part-name.ts";
import type { DocumentFacts } from "../plan/folder-member.ts";
import { factsOf } from "../remote/list-remote.ts";
import { lookAtRemote } from "../remote/remote-facts.ts";

export interface FileReception {
  readonly client: DavClient;
  readonly surroundings: FolderSurroundings;
  readonly url: URL;
  /** What the server told of it. */
  readonly facts: DocumentFacts;
  /** The folder that gets the file, which exists, and its name there. */
  readonly folder: string;
  readonly name: string;
  /** What may be replaced: nothing, a file of that size and time, or whatever is there. */
  readonly replaced: { readonly size: number; readonly modifiedMs: number } | "nothing" | "anything";
  readonly patience: Patience;
  /** Bytes of the file so far, those of an earlier run included; total, where known. */
  readonly tell: (done: number, total: number | undefined) => void;
}

/** A file that was received. */
export interface ReceivedFile {
  readonly size: number;
  /** Of the file, in whole milliseconds. */
  readonly modifiedMs: number;
  readonly remote: DocumentFacts;
  /** Whether there was a file of that name, which is gone now. */
  readonly replaced: boolean;
}

/** In a row are those of which none came further than those before. */
const receiving: RepeatPolicy = { ...atOnce, inARow: 1, inAll: 4 };
/** Transfers that end too early without saying so. */
const ending: RepeatPolicy = { ...atOnce, inAll: 1 };

/**
 * Receives a file under a hidden name beside its own, and gives it its own name once it is whole. What an earlier run
 * left of the same state of the resource is gone on with (RFC 9110 §14.1.2, by a strong entity tag).
 */
export async function receiveFile(reception: FileReception): Promise<ReceivedFile> {
  let { facts } = reception;
  await replaceable(reception);
  const repeating = new Repeating(receiving);
  const short = new Repeating(ending);
  let furthest = 0;
  for (;;) {
    let reached = 0;
    const tell: FileReception["tell"] = (done, total) => {
      reached = done;
      reception.tell(done, total);
    };
    try {
      return await receiveOnce({ ...reception, tell }, facts);
    } catch (error) {
      if (reception.patience.signal?.aborted) throw error;
      const changed: Setback = { kind: "answer", cause: error, askedMs: 0 };
      if (error instanceof TooShort) await short.after(changed);
      const isOther = error instanceof TooShort || error instanceof ResourceChanged;
      const isNews = isOther || reached > furthest;
      if (isNews) repeating.news();
      // Its rest was asked for as often as is of use.
      const isOver = error instanceof ConnectionError && isSpent(error);
      await repeating.after(isOther ? changed : isOver ? { kind: "final", cause: error } : setbackOf(error));
      // One that came further is none of those in a row.
      if (isNews) repeating.news();
      furthest = Math.max(furthest, reached);
      if (isOther) facts = (error instanceof ResourceChanged && error.facts) || (await look(reception));
    }
  }
}

/** It is not, or no longer, what we knew. */
class ResourceChanged extends MemberError {
  readonly facts: DocumentFacts | undefined;

  constructor(facts: DocumentFacts | undefined, cause?: unknown) {
    super("changed-meanwhile", "it was changed at the server while it was received", { cause });
    this.facts = facts;
  }
}

async function look({ client, url, patience }: FileReception): Promise<DocumentFacts> {
  const there = await lookAtRemote(client, url, patience);
  if (there.kind === "document") return there.facts;
  throw new MemberError("changed-meanwhile", "it is no longer a file at the server");
}

async function receiveOnce(reception: FileReception, facts: DocumentFacts): Promise<ReceivedFile> {
  const { client, surroundings, url, folder, name, patience } = reception;
  const { fileSystem } = surroundings;
  const listed = strongTag(facts.etag);
  // Some servers tell it with the content alone.
  const whole = listed === undefined ? await client.get(url, patience) : undefined;
  const etag = listed ?? strongTag(whole?.etag);
  const part = join(
    folder,
    etag === undefined ? singlePartName(surroundings.randomName()) : partName(name, url, etag),
  );
  try {
    const handle = await openPart(reception, part, etag !== undefined);
    let filled: Omit<ReceivedFile, "replaced">;
    try {
      filled = await fill(reception, handle, facts, etag, whole);
    } finally {
      await handle.close();
    }
    const replaced = await putInPlace(reception, part, filled.size);
    return { ...filled, replaced };
  } catch (error) {
    // Content that was read, or broke, has nothing to cancel.
    await whole?.content.cancel().catch(() => undefined);
    // Only what a later run can go on with stays.
    const useless =
      etag === undefined ||
      error instanceof ResourceChanged ||
      error instanceof TooLong ||
      (error instanceof TooShort && error.told !== undefined);
    const there = await fileSystem.lstat(part).catch(ignoreMissing);
    if (there?.isFile() && (useless || there.size === 0)) await fileSystem.unlink(part).catch(ignoreMissing);
    throw error;
  }
}

/** Nothing but a plain file is written to, whatever has taken the name. */
async function openPart(
  { surroundings }: FileReception,
  part: string,
  mayExist: boolean,
): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  const { fileSystem } = surroundings;
  const handle = await fileSystem.open(part, O_RDWR | O_CREAT | O_NOFOLLOW | (mayExist ? 0 : O_EXCL), 0o666);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new MemberError("wrong-kind", `${part} is no plain file`);
}

async function fill(
  reception: FileReception,
  handle: FileHandle,
  facts: DocumentFacts,
  etag: string | undefined,
  whole: Download | undefined,
): Promise<Omit<ReceivedFile, "replaced">> {
  let start = etag === undefined ? 0 : (await handle.stat()).size;
  if (facts.size !== undefined && start > facts.size) {
    await handle.truncate(0);
    start = 0;
  }
  if (start > 0) await whole?.content.cancel();
  if (start > 0 && start === facts.size) {
    reception.tell(start, start);
    return dated(reception, handle, start, facts);
  }
  const download = start === 0 && whole !== undefined ? whole : await request(reception, start, etag);
  const told = factsOf({ ...download, ...(download.total !== undefined && { length: download.total }) });
  const otherTag = told.etag !== undefined && told.etag !== etag;
  const otherSize = facts.size !== undefined && download.total !== undefined && download.total !== facts.size;
  // Not every server heeds If-Match.
  if (start > 0 && (otherTag || otherSize)) {
    await download.content.cancel();
    throw new ResourceChanged(told);
  }
  if (start === 0 && etag !== undefined && told.etag !== etag) {
    // Its name would tell a later run that these are the bytes of another state.
    await download.content.cancel();
    throw new ResourceChanged(told);
  }
  const size = await write(reception, handle, download, start);
  // A transfer may end too early in good order: a proxy in between lost the rest, and counted what it had.
  if (facts.size !== undefined && size < facts.size)
    throw new TooShort(size, facts.size, download.total ?? download.length);
  return dated(reception, handle, size, { ...facts, ...told, size });
}

async function request(
  { client, url, patience }: FileReception,
  start: number,
  etag: string | undefined,
): Promise<Download> {
  if (start === 0 || etag === undefined) return client.get(url, patience);
  try {
    return await client.get(url, { ...patience, range: { start }, ifMatch: etag });
  } catch (error) {
    // RFC 9110 §15.5.13 and §15.5.17: it is another one now, or shorter.
    if (error instanceof HttpError && (error.status === 412 || error.status === 416))
      throw new ResourceChanged(undefined, error);
    // A server, or what is before it, that does not give the rest as it says: the whole may come.
    if (error instanceof ConnectionError && error.code === "malformed")
      throw new ResourceChanged(undefined, error);
    throw error;
  }
}

async function write(
  { tell }: FileReception,
  handle: FileHandle,
  { content, length, total }: Download,
  start: number,
): Promise<number> {
  const end = total ?? (length === undefined ? undefined : start + length);
  let position = start;
  tell(position, end);
  for await (const chunk of content) {
    if (end !== undefined && position + chunk.length > end) throw new TooLong(end);
    await writeAll(handle, chunk, position);
    position += chunk.length;
    tell(position, end);
  }
  if (end !== undefined && position < end) {
    throw new MemberError("length-differs", `${position} of ${end} bytes came`);
  }
  return position;
}

/** By place, not at the end of the file: see {@link partName}. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Less came than the server lists. */
class TooShort extends MemberError {
  /** The length that the transfer told. With one, there is no rest to ask for. */
  readonly told: number | undefined;

  constructor(size: number, listed: number, told: number | undefined) {
    super("length-differs", `${size} bytes came, and the server lists ${listed}`);
    this.told = told;
  }
}

/** What came cannot be the beginning of what was announced. */
class TooLong extends MemberError {
  constructor(end: number) {
    super("length-differs", `more than the announced ${end} bytes came`);
  }
}

/** Gives the file the time of the resource. */
async function dated(
  { surroundings }: FileReception,
  handle: FileHandle,
  size: number,
  remote: DocumentFacts,
): Promise<Omit<ReceivedFile, "replaced">> {
  if ((await handle.stat()).size > size) await handle.truncate(size);
  if (remote.modifiedMs !== undefined) {
    const seconds = remote.modifiedMs / 1000;
    await handle.utimes(surroundings.now() / 1000, seconds);
  }
  const modifiedMs = Math.floor((await handle.stat()).mtimeMs);
  return { size, modifiedMs, remote: { ...remote, size } };
}

/** What has the name now: nothing, or a file. @throws {MemberError} `wrong-kind` for everything else */
async function replaceable({ surroundings, folder, name }: FileReception): Promise<Stats | undefined> {
  const there = await surroundings.fileSystem.lstat(join(folder, name)).catch(ignoreMissing);
  if (there === undefined || there.isFile()) return there;
  const what = there.isSymbolicLink()
    ? "a symbolic link"
    : there.isDirectory()
      ? "a folder"
      : "no plain file";
  throw new MemberError("wrong-kind", `there is ${what} of that name`);
}

/** Resolves to whether a file was replaced. */
async function putInPlace(reception: FileReception, part: string, size: number): Promise<boolean> {
  const { surroundings, folder, name, replaced } = reception;
  const { fileSystem } = surroundings;
  const file = join(folder, name);
  const there = await replaceable(reception);
  const asExpected =
    replaced === "anything" ||
    (replaced === "nothing"
      ? there === undefined
      : there === undefined ||
        (there.size === replaced.size && Math.floor(there.mtimeMs) === replaced.modifiedMs));
  if (!asExpected) {
    const appeared = "a file is here under that name, which the folder did not list";
    const message = replaced === "nothing" ? appeared : "it was changed here meanwhile";
    throw new MemberError("changed-meanwhile", message);
  }
  if (there !== undefined) await fileSystem.chmod(part, there.mode & 0o777);
  try {
    await fileSystem.rename(part, file);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Another program received the same, and was quicker.
    const done = await fileSystem.lstat(file);
    if (!done.isFile() || done.size !== size) throw error;
  }
  return there !== undefined;
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) === "ENOENT") return undefined;
  throw error;
}
