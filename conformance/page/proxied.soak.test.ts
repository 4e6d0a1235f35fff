/** The page behind a proxy: its own requests are known to be its own, those of other sites are not. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { startChromium } from "../browser/chromium.ts";
import { describeWith } from "../judge.ts";
import { haproxy } from "../proxies/haproxy.ts";
import { nginx } from "../proxies/nginx.ts";
import { startProxy } from "../proxies/proxy.ts";
import { startServer } from "../server.ts";
import { makeAndUpload } from "./make-and-upload.ts";

for (const kind of [nginx, haproxy]) {
  describeWith(["chromium", kind.name], `the page behind ${kind.name}`, () => {
    const closing: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    test("makes folders and uploads; a page of another site does not", async () => {
      const server = await startServer({ args: ["--trusted-proxy", "127.0.0.1", "--front", kind.name] });
      closing.push(() => server.stop());
      const proxy = await startProxy(kind, { upstreamPort: server.port });
      closing.push(() => proxy.stop());
      const browser = await startChromium();
      closing.push(() => browser.close());
      const page = await (await browser.newContext({ locale: "en" })).newPage();
      await page.goto(proxy.url, { waitUntil: "commit" });
      await makeAndUpload(page, server.folder);

      const others = createServer((_request, response) => response.end("another site")).listen(
        0,
        "127.0.0.1",
      );
      await once(others, "listening");
      closing.push(async () => {
        others.close();
        others.closeAllConnections();
      });
      await page.goto(`http://127.0.0.1:${(others.address() as AddressInfo).port}/`);
      const told = await page.evaluate(`fetch("${proxy.url}.meanwhile/operations/x/cancel", {
        method: "POST", mode: "no-cors", body: "x",
      }).then((answer) => answer.type)`);
      expect(told).toBe("opaque");
      // The log is written a moment after the answer.
      await expect.poll(() => server.log(), { timeout: 10_000 }).toMatch(/"method":"POST"[^\n]*"status":403/);
    });
  });
}
