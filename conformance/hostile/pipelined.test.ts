import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ground, prepareGround } from "./ground.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await prepareGround();
});
afterAll(() => ground.close());

const host = "Host: x\r\n";
const rows: readonly [title: string, bytes: string, statuses: readonly number[]][] = [
  ["malformed bytes", `DELETE /victim HTTP/1.1\r\n${host}\r\n\0\x01rubbish\r\n\r\n`, [204, 400]],
  [
    "more content than its length",
    `DELETE /victim HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\nmore`,
    [204, 400],
  ],
  [
    "another request, though the connection closes",
    `DELETE /victim HTTP/1.1\r\n${host}Connection: close\r\n\r\nDELETE /a.txt HTTP/1.1\r\n${host}\r\n`,
    [204],
  ],
  [
    "a method that the parser does not know",
    `DELETE /victim HTTP/1.1\r\n${host}\r\nBREW / HTTP/1.1\r\n${host}\r\n`,
    [204, 501],
  ],
  ["CONNECT", `DELETE /victim HTTP/1.1\r\n${host}\r\nCONNECT x:443 HTTP/1.1\r\n${host}\r\n`, [204, 405]],
];
test.each(rows)("a request with %s behind it gets its own answer first", async (_title, bytes, statuses) => {
  const victim = join(ground.folder, "victim");
  writeFileSync(victim, "x");
  const { head, body } = await ground.send(bytes);
  const found = [...`${head}\r\n\r\n${body}`.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
    Number(status),
  );
  expect(found).toEqual(statuses);
  expect(existsSync(victim)).toBe(false);
  expect(existsSync(join(ground.folder, "a.txt"))).toBe(true);
});
