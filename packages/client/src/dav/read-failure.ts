/** What a final response that failed has to say (RFC 4918 §8.7, §14.5; RFC 9457). */
import {
  davName,
  isNamed,
  messageNamespace,
  parseXml,
  readCondition,
  type XmlElement,
} from "@meanwhile/dav/xml";
import { HttpError } from "../error/http-error.ts";
import { readText } from "./content/response-content.ts";
import type { Places } from "./place.ts";

/** Makes the error of a response whose status is no success; at most 64 KiB of its content are read. */
export async function readFailure(
  asked: { readonly method: string; readonly url: URL },
  response: Response,
  places: Places,
): Promise<HttpError> {
  const { status, headers } = response;
  const text = await readText(response, contentLimit).catch(() => "");
  const { condition, hrefs, detail } = readExplanation(text, headers.get("content-type") ?? "");
  const urls = (hrefs ?? []).flatMap((href) => places.ofHref(href, asked.url) ?? []);
  const sentence = detail ?? redirection(headers, status);
  return new HttpError({
    method: asked.method,
    url: asked.url,
    status,
    headers,
    ...(condition === undefined ? {} : { condition }),
    hrefs: urls,
    ...(sentence === undefined ? {} : { detail: sentence }),
  });
}

interface Explanation {
  readonly condition?: string;
  readonly hrefs?: readonly string[];
  readonly detail?: string;
}

function readExplanation(text: string, contentType: string): Explanation {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/xml" || type === "text/xml" || type.endsWith("+xml")) return readXml(text);
  if (type === "application/json" || type.endsWith("+json")) return detailed(problemDetail(text));
  return type === "text/plain" ? detailed(text) : {};
}

function readXml(text: string): Explanation {
  let root: XmlElement;
  try {
    root = parseXml(text.trim());
  } catch {
    // It is no document: the status has to do.
    return {};
  }
  if (!isNamed(root, davName("error"))) return {};
  const condition = readCondition(root);
  const message = root.children.find(isMessage);
  // A server's own elements are no conditions (RFC 4918 §17).
  const isOurs = condition?.name.namespace === "DAV:";
  return {
    ...(isOurs ? { condition: condition.name.local, hrefs: condition.hrefs } : {}),
    ...detailed(message?.text),
  };
}

/** Sentences for people: ours, and those of sabre/dav, Nextcloud and ownCloud. */
function isMessage({ name }: XmlElement): boolean {
  if (name.local !== "message") return false;
  return name.namespace === messageNamespace || name.namespace === "http://sabredav.org/ns";
}

function problemDetail(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // It is no document: the status has to do.
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { detail, title }: { detail?: unknown; title?: unknown } = value;
  if (typeof detail === "string") return detail;
  return typeof title === "string" ? title : undefined;
}

function redirection(headers: Headers, status: number): string | undefined {
  const location = headers.get("location");
  return status >= 300 && status < 400 && location !== null ? shorten(`it is at ${location}`) : undefined;
}

function detailed(text: string | undefined): Pick<Explanation, "detail"> {
  const detail = shorten(text ?? "");
  return detail === "" ? {} : { detail };
}

/** One line, without what would move a terminal's cursor. */
function shorten(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > detailLimit ? `${line.slice(0, detailLimit).trimEnd()}...` : line;
}

const contentLimit = 64 * 1024;
const detailLimit = 300;
