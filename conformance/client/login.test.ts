/** Logging in, by the library and by the command. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpError } from "@meanwhile/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, type JudgeName } from "../judge.ts";
import { apache } from "../peers/apache.mjs";
import { startPeer } from "../peers/peer.mjs";
import { startServer } from "../server.ts";
import { realm, user, writeDigestUsers, writeUsers } from "../users.ts";
import { type CommandUser, commandUser } from "./command.ts";
import { connect } from "./sites.ts";

interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

type Start = (usersFile: string) => Promise<Site>;

const apacheWith =
  (scheme: "Basic" | "Digest"): Start =>
  async (file) =>
    startPeer(apache({ scheme, realm, users: await readFile(file, "utf8") }));

const sites: readonly [name: string, judge: JudgeName | undefined, typeof writeUsers, Start][] = [
  ["Apache with Basic", "apache", writeUsers, apacheWith("Basic")],
  ["Apache with Digest", "apache", writeDigestUsers, apacheWith("Digest")],
  ["Meanwhile with Basic", undefined, writeUsers, (file) => startServer({ args: ["--users", file] })],
  [
    "Meanwhile with Digest",
    undefined,
    writeDigestUsers,
    (file) => startServer({ args: ["--digest-users", file] }),
  ],
];

for (const [name, judge, write, start] of sites) {
  describeWith(judge === undefined ? [] : [judge], `logging in at ${name}`, () => {
    let place: string;
    let site: Site;
    let ann: CommandUser;
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), "meanwhile-login-"));
      site = await start(await write(place));
      ann = commandUser();
    });
    afterAll(async () => {
      ann?.leave();
      await site?.stop();
      await rm(place, { recursive: true, force: true });
    });

    test("who knows the password writes and reads, a stream that can be sent once too (RFC 7617, RFC 7616)", async () => {
      const dav = connect(site.url, { username: user.name, password: user.password });
      const once = new Blob(["sent once"]).stream() as ReadableStream<Uint8Array>;
      await dav.put("once.txt", once).outcome;
      await dav.put("twice.txt", "sent again").outcome;
      await dav.mkdir("c/");
      await dav.move("twice.txt", "c/twice.txt").outcome;
      const texts = ["once.txt", "c/twice.txt"].map(async (path) =>
        new Response((await dav.get(path)).content).text(),
      );
      expect(await Promise.all(texts)).toEqual(["sent once", "sent again"]);
      await dav.close();
    });

    test("who does not, or gives none, is refused with 401, and the password is in no message", async () => {
      for (const options of [{}, { username: user.name, password: "Wrong-Pass-1" }]) {
        const dav = connect(site.url, options);
        const error = await dav.stat("").catch((caught) => caught);
        expect(error).toBeInstanceOf(HttpError);
        expect(error.status).toBe(401);
        expect(String(error) + JSON.stringify(error)).not.toContain("Wrong-Pass-1");
        await dav.close();
      }
    });

    test("the command takes the login from a file or ~/.netrc, and ends with 5 where it is refused", async () => {
      await writeFile(join(ann.home, "secret"), `${user.password}\n`);
      const login = ["--user", user.name, "--password-file", "secret"];
      expect(await ann.well("ls", ...login, site.url)).toContain("once.txt");
      await writeFile(
        join(ann.home, ".netrc"),
        `machine ${new URL(site.url).hostname} login ${user.name} password "${user.password}"\n`,
        { mode: 0o600 },
      );
      expect(await ann.well("ls", site.url)).toContain("once.txt");
      await writeFile(join(ann.home, "secret"), "Wrong-Pass-1\n");
      const refused = await ann.command("ls", ...login, site.url);
      expect(refused.code).toBe(5);
      expect(refused.stdout + refused.stderr).not.toContain("Wrong-Pass-1");
    });
  });
}
