/** The HTML of a listing. */
import { encodeName, namesOf } from "@meanwhile/dav";
import { htmlText } from "@meanwhile/middleware/internal";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { folderField } from "../forms/serve-form.ts";
import { formatRfc3339 } from "../http/http-date.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { kindOf, type Member } from "../store.ts";
import { listingStyle } from "./listing-style.ts";

type Place = Pick<DavRequest, "path" | "trailingSlash" | "prefix">;

/** What the listing of a collection is called. */
export function listingTitle({ path }: Pick<Place, "path">): string {
  const names = namesOf(path);
  return names.length === 0 ? "/" : `/${names.join("/")}/`;
}

/** A document without script up to its body. @param more elements of its head */
export function documentHead(title: string, more = ""): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${htmlText(title)}</title>
${more}<style>${listingStyle}</style>
</head>
<body>
`;
}

/** The body of such a document ends. */
export const documentTail = "</body>\n</html>\n";

/** All of the body that comes before the first member. @param forms HTML */
export function listingStart(place: Place, order: "sorted" | "unsorted", forms: string): string {
  const names = namesOf(place.path);
  const crumbs = ["Home", ...names].map((name, index) => {
    const levelsUp = names.length - index;
    const label = index === 0 ? name : `<bdi>${htmlText(name)}</bdi>`;
    return levelsUp === 0
      ? `<li><span aria-current="page">${label}</span></li>`
      : `<li><a href="${upwards(levelsUp, place.trailingSlash)}">${label}</a></li>`;
  });
  return `<nav aria-label="Breadcrumb"><ol>${crumbs.join("")}</ol></nav>
<main>
<h1 id="collection"><bdi>${htmlText(names.at(-1) ?? "Home")}</bdi></h1>
${forms}${order === "sorted" ? "" : "<p>There are too many members to sort them: they are in no order.</p>\n"}<table aria-labelledby="collection">
<thead><tr><th scope="col">Name</th><th scope="col" class="size">Size</th><th scope="col" class="modified">Modified (UTC)</th></tr></thead>
<tbody>
${names.length === 0 ? "" : parentRow(place.trailingSlash)}`;
}

/** What a listing offers to those who may change the collection: to upload files, and to make a folder, without script. @param action leads to the collection */
export function listingForms(action: string): string {
  const form = `<form method="post" enctype="multipart/form-data" action="${htmlText(action)}">`;
  return `<div class="forms">
${form}<label>Upload files <input type="file" name="file" multiple="" required=""/></label> <button>Upload</button></form>
${form}<label>New folder <input name="${folderField}" required="" autocomplete="off" spellcheck="false"/></label> <button>Make</button></form>
</div>
`;
}

/** The row of one member. `linkBase` leads from the page to the collection. */
export function listingRow(member: Member, linkBase: string, nowMs: number): string {
  const { name, resource } = member;
  const collection = kindOf(member) === "collection";
  const slash = collection ? "/" : "";
  const head =
    `<tr${collection ? ' class="collection"' : ""}>` +
    `<th scope="row"><a href="${linkBase}${encodeName(name)}${slash}"><bdi>${htmlText(name)}</bdi>${slash}</a></th>`;
  if (resource === undefined) {
    return `${head}<td class="size"></td><td class="modified">cannot be read</td></tr>\n`;
  }
  const modified = formatRfc3339(lastModifiedMs(resource, nowMs));
  return (
    head +
    `<td class="size">${resource.kind === "collection" ? "" : sizeCell(resource.length)}</td>` +
    `<td class="modified"><time datetime="${modified}">${modified.slice(0, 10)} ${modified.slice(11, 16)}</time></td></tr>\n`
  );
}

/** All of the body that comes after the last member. */
export function listingEnd(members: number): string {
  const count = members === 1 ? "1 member" : `${members === 0 ? "No" : members} members`;
  return `</tbody>\n</table>\n<p>${count}</p>\n</main>\n`;
}

/** A length for people: `1.5 MB`, in powers of 1000. */
export function humanLength(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = "";
  for (const next of ["kB", "MB", "GB", "TB", "PB"]) {
    value /= 1000;
    unit = next;
    // What would be rounded up to 1000 takes the next unit.
    if (value < 999.5) break;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

function sizeCell(length: number): string {
  return `<data value="${length}" title="${length} bytes">${humanLength(length)}</data>`;
}

function parentRow(trailingSlash: boolean): string {
  return (
    `<tr class="collection"><th scope="row"><a href="${upwards(1, trailingSlash)}">Parent</a></th>` +
    `<td class="size"></td><td class="modified"></td></tr>\n`
  );
}

/** A relative link from the page to a collection above it. */
function upwards(levels: number, trailingSlash: boolean): string {
  const steps = trailingSlash ? levels : levels - 1;
  return steps === 0 ? "./" : "../".repeat(steps);
}
