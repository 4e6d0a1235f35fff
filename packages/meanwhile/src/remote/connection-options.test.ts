import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testTerminal } from "../testing/test-terminal.ts";
import { connectionSettings, type TypedConnection } from "./connection-options.ts";

const pem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "meanwhile-connection-"));
  writeFileSync(join(cwd, "fields"), "# ours\nX-One: 1\r\nAuthorization: Custom secret\n\n");
  writeFileSync(join(cwd, "ca.pem"), pem);
});
afterAll(() => rmSync(cwd, { recursive: true }));

const settings = (typed: TypedConnection) =>
  connectionSettings(typed, { kind: "none" }, testTerminal({ cwd }));

describe("how the server is reached", () => {
  test("by default without limits, with HTTP/2 and with certificates checked", async () => {
    expect(await settings({})).toEqual({
      credentials: { kind: "none" },
      headers: {},
      ca: undefined,
      cert: undefined,
      key: undefined,
      insecure: false,
      http2: true,
      proxy: undefined,
      timeoutMs: 0,
      idleTimeoutMs: 0,
    });
  });

  test("everything that can be set", async () => {
    expect(
      await settings({
        header: ["X-Two:  b ", "x-two: c", "@fields"],
        cacert: "ca.pem",
        cert: "ca.pem",
        key: "ca.pem",
        http2: false,
        proxy: "http://proxy.example:3128",
        timeout: "1h",
        idleTimeout: "90s",
      }),
    ).toMatchObject({
      headers: { "x-two": "b, c", "x-one": "1", authorization: "Custom secret" },
      ca: pem,
      cert: pem,
      key: pem,
      http2: false,
      proxy: new URL("http://proxy.example:3128/"),
      timeoutMs: 3_600_000,
      idleTimeoutMs: 90_000,
    });
  });

  test.each<[TypedConnection, RegExp]>([
    [{ header: ["Authorization: Basic c2VjcmV0"] }, /^--header must not have a login in it/],
    [{ header: ["no colon: "] }, /^--header takes 'Name: value', not "no colon"$/],
    [{ header: ["X: a\r\nY: b"] }, /^--header takes 'Name: value'/],
    [{ header: ["Host: other.example"] }, /^--header: Host is set by the command itself$/],
    [{ header: ["Transfer-Encoding: chunked"] }, /is set by the command itself$/],
    [{ header: ["@missing"] }, /^--header missing: cannot be read$/],
    [{ cacert: "missing" }, /^--cacert missing: cannot be read$/],
    [{ cacert: "fields" }, /^--cacert fields: there is no certificate in it \(PEM\)$/],
    [{ cacert: "ca.pem", insecure: true }, /^--cacert does not go with --insecure$/],
    [{ cert: "ca.pem" }, /^--cert and --key go together$/],
    [{ proxy: "proxy:3128" }, /^--proxy takes a URL/],
    [{ proxy: "socks5://proxy:1080" }, /^--proxy takes a URL/],
    [{ timeout: "10" }, /^--timeout takes a duration/],
    [{ idleTimeout: "0s" }, /^--idle-timeout must be between/],
  ])("%j is refused", async (typed, message) => {
    await expect(settings(typed)).rejects.toThrow(message);
    await expect(settings(typed)).rejects.toMatchObject({ exitCode: 2 });
    await expect(settings(typed)).rejects.not.toThrow(/c2VjcmV0/);
  });
});
