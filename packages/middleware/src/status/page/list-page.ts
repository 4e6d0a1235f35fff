/** A principal's operations as a page. */

import { hasEnded, type StatusDocument, type StatusList } from "../document.ts";
import { htmlText } from "./html-text.ts";
import { statusListScript } from "./list-script.ts";
import { barOf, homeLink, pageOf, pathOf, spoken } from "./page.ts";
import { shownUrl } from "./shown-url.ts";
import { stateLine } from "./words.ts";

/** How often a page without script loads itself again, in seconds. */
const refreshSeconds = 10;

export interface StatusListPageOptions {
  /** The server cannot know whose they are: with script the page asks for those that its browser keeps. */
  readonly ofBrowser?: boolean | undefined;
  /** The path that leads back to what the operations are about. */
  readonly home?: string | undefined;
}

/** The page with the operations of one principal, or with those that were asked for. */
export function statusListPage(
  { operations, more }: StatusList,
  { ofBrowser = false, home }: StatusListPageOptions = {},
): string {
  const running = operations.some((document) => !hasEnded(document));
  return pageOf(
    "Operations",
    `<main${ofBrowser ? ' data-of="browser"' : ""}>
${home === undefined ? "" : `<p class="ways">${homeLink(home).trimEnd()}</p>\n`}<h1 id="title">${ofBrowser ? "Operations of this browser" : "Your operations"}</h1>
<table aria-labelledby="title">
<thead><tr><th scope="col">Request</th><th scope="col">State</th><th scope="col">Progress</th><th scope="col" class="started">Started</th></tr></thead>
<tbody id="rows">
${operations.map(row).join("\n")}
</tbody>
</table>
<p id="none" class="quiet"${operations.length === 0 ? "" : " hidden"}>None that runs or is kept. Operations that others began without logging in are known by their URLs only.</p>
<p id="more" class="quiet"${more ? "" : " hidden"}>There are more; these are the latest.</p>
</main>`,
    statusListScript,
    running ? `<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>\n` : "",
  );
}

function row(document: StatusDocument): string {
  const { href, method, target, started, progress, failures } = document;
  const { done, total } = progress;
  const failed = failures === 0 ? "" : `, ${failures} failed`;
  return (
    `<tr><th scope="row"><a href="${htmlText(pathOf(href))}">${htmlText(method)} <bdi>${htmlText(shownUrl(target, href))}</bdi></a></th>` +
    `<td>${htmlText(stateLine(document))}${failed}</td>` +
    `<td><progress aria-label="Members"${barOf(done, hasEnded(document) ? (total ?? done) : total)}></progress></td>` +
    `<td class="started"><time datetime="${started}">${spoken(started)}</time></td></tr>`
  );
}
