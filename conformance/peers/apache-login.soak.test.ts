import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curl } from "../curl.ts";
import { describeWith } from "../judge.ts";
import { realm, user, writeDigestUsers, writeUsers } from "../users.ts";
import { apache } from "./apache.mjs";
import { startPeer } from "./peer.mjs";

describeWith(["apache", "curl"], "Apache with a login", () => {
  test.each([
    ["Basic", writeUsers],
    ["Digest", writeDigestUsers],
  ] as const)("by %s lets in who knows the password, and nobody else", async (scheme, write) => {
    const place = await mkdtemp(join(tmpdir(), "meanwhile-login-"));
    const users = await readFile(await write(place), "utf8");
    await rm(place, { recursive: true });
    const site = await startPeer(apache({ scheme, realm, users }));
    try {
      const login = (password: string) => [`--${scheme.toLowerCase()}`, "-u", `${user.name}:${password}`];
      const asked = ["-X", "PROPFIND", "-H", "Depth: 0", site.url];
      expect((await curl(asked)).final.status).toBe(401);
      expect((await curl([...login("wrong"), ...asked])).final.status).toBe(401);
      expect((await curl([...login(user.password), ...asked])).final.status).toBe(207);
    } finally {
      await site.stop();
    }
  });
});
