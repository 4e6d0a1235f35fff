/** docs/reference/errors.md has every code of our own. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesBelow } from "./files.ts";

const page = readFileSync("docs/reference/errors.md", "utf8");
/** Node's own, which are only read. */
const foreign =
  /^ERR_(ENCODING_INVALID|HTTP_REQUEST_TIMEOUT|MODULE_NOT_FOUND|SOCKET_CONNECTION|TLS_CERT|STREAM_)/;

test("each code stands on the page", () => {
  const sources = filesBelow("packages").filter(
    (name) => /\/src\/.*\.tsx?$/.test(name) && !/\.test\.ts$|\/testing\//.test(name),
  );
  const codes = new Set(
    sources.flatMap((name) =>
      [...readFileSync(name, "utf8").matchAll(/"(ERR_[A-Z_]+[A-Z])"/g)].map(([, code = ""]) => code),
    ),
  );
  const ours = [...codes].filter((code) => !foreign.test(code));
  expect(ours.length).toBeGreaterThan(40);
  expect(ours.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
