/** Logging in behind nginx, which has the TLS: the session's cookie comes back, and changes are known to be the page's own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startChromium } from "../browser/chromium.ts";
import { type Certificate, makeCertificate } from "../certificate.ts";
import { describeWith } from "../judge.ts";
import { nginx } from "../proxies/nginx.ts";
import { type ProxyKind, startProxy } from "../proxies/proxy.ts";
import { startServer } from "../server.ts";
import { user, writeUsers } from "../users.ts";
import { makeAndUpload, textFile } from "./make-and-upload.ts";

function withTls({ certificate, key }: Certificate): ProxyKind {
  return {
    ...nginx,
    configuration: (site) =>
      nginx
        .configuration(site)
        .replace(
          /listen [^;]+/,
          (listen) => `ssl_certificate ${certificate}; ssl_certificate_key ${key}; ${listen} ssl`,
        ),
  };
}

describeWith(["chromium", "nginx"], "a login behind nginx with TLS", () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  test("gives a session by which the page makes folders and uploads, until it is left", async () => {
    const place = await mkdtemp(join(tmpdir(), "meanwhile-login-"));
    closing.push(() => rm(place, { recursive: true, force: true }));
    const users = await writeUsers(place);
    const server = await startServer({
      args: ["--users", users, "--trusted-proxy", "127.0.0.1", "--front", "nginx"],
    });
    closing.push(() => server.stop());
    const proxy = await startProxy(withTls(await makeCertificate(place)), { upstreamPort: server.port });
    closing.push(() => proxy.stop());
    const url = proxy.url.replace("http:", "https:");
    const browser = await startChromium();
    closing.push(() => browser.close());
    const context = await browser.newContext({ locale: "en", ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    await page.getByLabel("User name").fill(user.name);
    await page.getByLabel("Password").fill(user.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: `Logged in as ${user.name}` }).waitFor();
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
    expect(cookie?.name).toMatch(/^__Host-meanwhile-/);

    await makeAndUpload(page, server.folder);

    // The form of the listing is a change, too, and one without the sign of an own page is none of the session.
    const form = { file: { ...textFile, name: "b.txt" } };
    const posted = (fields: Record<string, string>): Promise<number> =>
      context.request
        .post(url, { headers: fields, multipart: form, maxRedirects: 0, ignoreHTTPSErrors: true })
        .then((answer) => answer.status());
    expect(await posted({})).toBe(403);
    expect(await posted({ "Sec-Fetch-Site": "same-origin", Origin: "https://evil.example" })).toBe(403);
    expect(await posted({ "Sec-Fetch-Site": "same-origin", Origin: new URL(url).origin })).toBe(303);

    await page.getByRole("button", { name: `Logged in as ${user.name}` }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Password").waitFor();
    expect(await context.cookies()).toEqual([]);
  });
});
