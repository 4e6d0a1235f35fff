/** The document that browsers get for a collection where the server has a page: the page, and the listing for those without script. */
import { randomBytes } from "node:crypto";
import { encodePath } from "@meanwhile/dav";
import { htmlText } from "@meanwhile/middleware/internal";
import type { MountedPage } from "../page.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { listingStyle, listingStyleSource } from "./listing-style.ts";

/** What stands around the listing's body, and the fields that go with it. */
export interface PageDocument {
  readonly start: string;
  readonly end: string;
  readonly policy: string;
}

/**
 * Scripts and styles are let in by a number that only this response has: what others wrote, even a file beside the page, is none
 * of them. Nothing is loaded from another origin.
 *
 * @param title text
 * @param more elements of its head
 */
export function pageDocument(
  request: Pick<DavRequest, "prefix" | "principal" | "login">,
  title: string,
  { page, files, operations }: MountedPage,
  more = "",
): PageDocument {
  const nonce = randomBytes(16).toString("base64");
  const urlOf = (name: string): string => `${request.prefix}${encodePath(files, true)}${name}`;
  const told = {
    root: `${request.prefix}/`,
    operations: request.prefix + encodePath(operations, true),
    ...(request.principal === undefined ? {} : { user: request.principal }),
    ...(request.login === undefined ? {} : { session: request.login.session, login: request.login.kind }),
  };
  const attributes = Object.entries(told).map(([name, value]) => ` data-${name}="${htmlText(value)}"`);
  return {
    start: `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${htmlText(title)}</title>
${more}<link rel="icon" href="data:,">
<link rel="stylesheet" nonce="${nonce}" href="${urlOf(page.style)}">
<noscript><style>${listingStyle}</style></noscript>
</head>
<body>
<div id="page"${attributes.join("")}></div>
<script type="module" async nonce="${nonce}" src="${urlOf(page.script)}"></script>
<noscript>
`,
    end: "</noscript>\n</body>\n</html>\n",
    policy: [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `style-src 'nonce-${nonce}' ${listingStyleSource}`,
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
  };
}
