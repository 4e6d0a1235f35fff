/**
 * One job of one library, as a process of its own, so that its start-up counts as it does for a command.
 *
 *   node client-job.mjs meanwhile|webdav list|puts|get|put URL [PATH]
 */
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const inFlight = 4;
const [library, job, url = "", path = ""] = process.argv.slice(2);

const made = library === "meanwhile" ? await ours() : await theirs();
console.log(await made[job]());

async function ours() {
  const { createClient } = await import("@meanwhile/client");
  const client = createClient(url);
  return {
    list: async () => {
      let members = 0;
      for await (const member of client.list("")) members += member.name === "" ? 0 : 1;
      return members;
    },
    puts: () =>
      inParallel(async (name) => void (await client.put(name, await readFile(join(path, name)), {}).outcome)),
    get: async () => {
      const { content, length } = await client.get("large.bin");
      await pipeline(Readable.fromWeb(content), createWriteStream("/dev/null"));
      return length;
    },
    put: async () => {
      const { size } = await stat(path);
      const content = { length: size, open: (start) => createReadStream(path, { start }) };
      return (await client.put("sent.bin", content).outcome).status;
    },
  };
}

async function theirs() {
  const { createClient } = await import("webdav");
  const client = createClient(url);
  return {
    list: async () => (await client.getDirectoryContents("/")).length,
    puts: () =>
      inParallel(async (name) => client.putFileContents(`/${name}`, await readFile(join(path, name)))),
    get: async () => {
      const sink = createWriteStream("/dev/null");
      await pipeline(client.createReadStream("/large.bin"), sink);
      return sink.bytesWritten;
    },
    put: async () => {
      const { size } = await stat(path);
      return client.putFileContents("/sent.bin", createReadStream(path), { contentLength: size });
    },
  };
}

/** Does it with every document of the folder, several at once. */
async function inParallel(send) {
  const names = await readdir(path);
  const left = names.values();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (const name of left) await send(name);
    }),
  );
  return names.length;
}
