/** An operation as a page: live with script, and without it one that loads itself again. */
import { createHash } from "node:crypto";
import { hasEnded, type StatusDocument } from "../document.ts";
import { htmlText } from "./html-text.ts";
import { statusListScript } from "./list-script.ts";
import { statusPageScript } from "./page-script.ts";
import { statusPageStyle } from "./page-style.ts";
import { shownUrl } from "./shown-url.ts";
import { bytesLine, paceLine, progressLine, remainingLine, stateLine, titleLine } from "./words.ts";

/** How often a page without script loads itself again, in seconds. */
const refreshSeconds = 5;

/** Of every page about operations: nothing but its own style and script, and nothing from elsewhere. */
export const pageFields: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src ${hashSource(statusPageStyle)}`,
    `script-src ${hashSource(statusPageScript)} ${hashSource(statusListScript)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

/**
 * @param nowMs milliseconds since the epoch, to say how long it may still take
 * @param home the path that leads back to what the operations are about
 */
export function statusPage(document: StatusDocument, nowMs: number, home?: string): string {
  const { method, target, state, started, progress, failed, failures, href, outcome } = document;
  const ended = hasEnded(document);
  const bytes = ended ? undefined : progress.bytes;
  return pageOf(
    titleLine(document),
    `<main id="operation" data-state="${state}" data-started="${started}"${document.ended === undefined ? "" : ` data-ended="${document.ended}"`}>
<p class="ways">${homeLink(home)}<a href="${htmlText(pathOf(href).replace(/[^/]*$/, ""))}">All operations</a></p>
<h1 id="title">${htmlText(method)} <bdi>${htmlText(shownUrl(target, href))}</bdi></h1>
${
  document.destination === undefined
    ? ""
    : `<p>to <bdi>${htmlText(shownUrl(document.destination, href))}</bdi></p>
`
}<p id="state" class="state" role="status" aria-live="polite">${htmlText(stateLine(document))}</p>
<progress id="progress" aria-labelledby="title"${barOf(progress.done, ended ? (progress.total ?? progress.done) : progress.total)}></progress>
${line("count", progressLine(document))}
<p id="member" class="quiet"${ended || progress.member === undefined ? " hidden" : ""}><bdi>${htmlText(ended ? "" : (progress.member ?? ""))}</bdi></p>
<progress id="bytes" aria-label="The present member"${barOf(bytes?.done ?? 0, bytes?.total)}${bytes ? "" : " hidden"}></progress>
${line("bytes-line", ended ? "" : bytesLine(document))}
${line("pace", paceLine(document, nowMs))}
${line("remaining", remainingLine(document, nowMs))}
${line("remark", progress.remark ?? "")}
<p class="quiet">Started <time datetime="${started}">${spoken(started)}</time></p>
<p id="connection" class="quiet" role="status" hidden></p>
<p><button id="cancel" type="button" hidden>Stop it</button>
${resultLink(document)}<a id="outcome" href="${htmlText(`${pathOf(href)}/outcome`)}"${outcome ? "" : " hidden"}>The final response</a></p>
${line("failures", failures === 0 ? "" : `${failures} ${failures === 1 ? "member" : "members"} failed`, "bad")}
<ul id="failed" aria-labelledby="failures">${failed.map((member) => failedItem(member, href)).join("\n")}</ul>
</main>`,
    statusPageScript,
    ended ? "" : `<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>\n`,
  );
}

/** The frame of a page. `title` is text, all else markup. */
export function pageOf(title: string, main: string, script: string, head = ""): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}<title>${htmlText(title)}</title>
<style>${statusPageStyle}</style>
</head>
<body>
${main}
<script>${script}</script>
</body>
</html>
`;
}

/** Leads back to the files; "" where there are none. */
export function homeLink(home: string | undefined): string {
  return home === undefined ? "" : `<a href="${htmlText(home)}">All files</a> `;
}

/** Leads to what the request made, once that is there; "" where nothing is made that could be looked at. */
function resultLink({ method, target, destination, outcome }: StatusDocument): string {
  const place = destination ?? target;
  const path = /^https?:/i.test(place) ? pathOf(place) : "";
  if (!methodsWithResult.includes(method) || !/^\/(?!\/)/.test(path)) return "";
  const isThere = outcome !== undefined && outcome.status >= 200 && outcome.status < 300;
  return `<a id="result" href="${htmlText(path)}"${isThere ? "" : " hidden"}>Open the result</a>\n`;
}

/** Methods after which there is something at the destination, or else at the target. */
const methodsWithResult: readonly string[] = ["COPY", "MOVE", "PUT", "MKCOL"];

/** The path of an absolute URL: pages link within their own site, by whatever name it was reached. */
export function pathOf(href: string): string {
  return URL.canParse(href) ? new URL(href).pathname : href;
}

/** A time for people, in UTC. */
export function spoken(rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC`;
}

/** Attributes of a progress element; without a total it shows that nothing is known. */
export function barOf(done: number, total: number | undefined): string {
  if (total === undefined) return "";
  return ` value="${total === 0 ? 1 : done}" max="${Math.max(total, 1)}"`;
}

function line(id: string, text: string, kind = "quiet"): string {
  return `<p id="${id}" class="${kind}"${text === "" ? " hidden" : ""}>${htmlText(text)}</p>`;
}

function failedItem({ status, uri }: StatusDocument["failed"][number], href: string): string {
  return `<li><code>${status}</code> <bdi>${htmlText(shownUrl(uri, href))}</bdi></li>`;
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
