import { parsePath } from "@meanwhile/dav";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

let server: Served;
beforeEach(async () => {
  server = await serve({ now: () => 1_000_000_000_000 });
  await plant(server.tree, "/doc");
});
afterEach(() => server.close());

const update = (property: string): string =>
  `<propertyupdate xmlns="DAV:" xmlns:W="urn:schemas-microsoft-com:"><set><prop>${property}</prop></set></propertyupdate>`;
const times = update("<W:Win32LastModifiedTime>Sun, 15 Nov 2020 10:00:00 GMT</W:Win32LastModifiedTime>");

test.each([
  ["Windows' file times, under one's own lock", "jane", times, 207],
  ["Windows' file times, under another's lock", "joe", times, 423],
  [
    "other properties, under one's own lock",
    "jane",
    update("<W:Win32FileAttributes/><displayname>x</displayname>"),
    423,
  ],
])(
  "PROPPATCH without the lock's token (RFC 4918 §7, docs/decisions/0012): %s",
  async (_, principal, body, status) => {
    const { ask, locks, tree } = server;
    await plantLock(locks, "/doc", { principal: "jane" });
    const state = async () => [
      await tree.lookup(parsePath("/doc")),
      await tree.properties(parsePath("/doc")),
    ];
    const before = await state();
    expect((await ask("PROPPATCH", "/doc", { "X-Test-Principal": principal }, body)).status).toBe(status);
    if (status === 423) expect(await state()).toEqual(before);
    else expect(await state()).not.toEqual(before);
  },
);
