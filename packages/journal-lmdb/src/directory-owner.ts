/**
 * One process at a time uses a directory. The owner listens on a socket in it; the kernel closes that when the
 * process ends, however it ends, so a killed process leaves nothing that blocks the next. Whose socket counts is
 * written in the database, in one transaction with the check that the one before is gone: of two processes that
 * start at once, one is refused.
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { type Database, type RootDatabase, TransactionFlags } from "lmdb";
import { JournalError } from "./journal-error.ts";
import { makePrivateFile } from "./private-files.ts";

/** Gives the directory back. */
export type Release = () => Promise<void>;

/** @throws {JournalError} "ERR_JOURNAL_IN_USE" if another process, or this one, has it */
export async function own(directory: string, database: RootDatabase): Promise<Release> {
  const owners = database.openDB<string, string>({ name: "owner", encoding: "string" });
  const place = socketPlace(directory);
  const mine = `${randomBytes(8).toString("hex")}.sock`;
  let server: Server | undefined;
  try {
    server = await listen(place.address(mine));
    // On Windows it is no file.
    await makePrivateFile(join(directory, mine));
    await take(owners, place, mine, directory);
  } catch (error) {
    server?.close();
    place.close();
    throw error;
  }
  const listening = server;
  return async () => {
    owners.transactionSync(() => {
      if (owners.get(ownerKey) === mine) owners.removeSync(ownerKey);
    }, whole);
    await new Promise((done) => listening.close(done));
    place.close();
  };
}

const ownerKey = "owner";
const whole: TransactionFlags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT;

async function take(
  owners: Database<string, string>,
  place: SocketPlace,
  mine: string,
  directory: string,
): Promise<void> {
  // Each turn another process came first; that many at once do not happen.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const before = owners.get(ownerKey);
    if (before !== undefined && (await answers(place.address(before)))) break;
    const taken = owners.transactionSync(() => {
      if (owners.get(ownerKey) !== before) return false;
      owners.putSync(ownerKey, mine);
      return true;
    }, whole);
    if (!taken) continue;
    // Left by a process that was killed. Not every system has it in the directory.
    if (before !== undefined) await unlink(join(directory, before)).catch(() => {});
    return;
  }
  throw new JournalError("ERR_JOURNAL_IN_USE", `another process uses the journal in ${directory}`);
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Whether somebody listens there. In doubt, yes. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}

interface SocketPlace {
  address(name: string): string;
  close(): void;
}

/** Where sockets are. Their addresses have at most 107 bytes (on macOS 103), which many a directory is longer than. */
function socketPlace(directory: string): SocketPlace {
  const nothing = (): void => {};
  if (process.platform === "win32")
    return { address: (name) => `\\\\.\\pipe\\meanwhile-${name}`, close: nothing };
  if (process.platform !== "linux") return { address: (name) => join(directory, name), close: nothing };
  const fd = openSync(directory, "r");
  return { address: (name) => `/proc/self/fd/${fd}/${name}`, close: () => closeSync(fd) };
}
