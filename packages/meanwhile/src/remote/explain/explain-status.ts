/** What a failed final response means to the one who called the command. */
import { STATUS_CODES } from "node:http";
import type { HttpError } from "@meanwhile/client";
import { summary } from "../../display/printable.ts";
import type { FailureCode } from "../../exit-status.ts";
import { shownPath, withoutSlash } from "../remote-url.ts";
import type { Explanation, FailureContext } from "./explanation.ts";

/** One line: the place, what is the matter there, what the server says of it, what to do. */
export async function explainStatus(error: HttpError, context: FailureContext): Promise<Explanation> {
  const { status, url, condition, detail } = error;
  const isFile = await isFileWithSlash(error, context);
  const { what, advice } = isFile ? ofFile(error, context) : await meaningOf(error, context);
  // Of what is no failure, the detail is the client's: where a redirection leads, which the advice says.
  const isOurs = detail !== undefined && ourSentences.has(detail.trim().toLowerCase());
  const isNews = detail !== undefined && status >= 400 && !isOurs && !isPhrase(status, detail);
  const said = isFile || isOurs ? undefined : isNews ? summary(detail) : condition;
  const notes = [
    ...(isFile || status < 300 || what.includes(String(status)) ? [] : [String(status)]),
    ...(said === undefined ? [] : [`the server says: ${summary(said)}`]),
  ];
  const parts = [
    isFile ? what : `${shownPath(url)}: ${what}`,
    ...(notes.length === 0 ? [] : [` (${notes.join("; ")})`]),
    ...(advice === undefined ? [] : [`; ${advice}`]),
  ];
  return {
    exitCode: exitCodeOf(status),
    message: parts.join(""),
    facts: {
      method: error.method,
      url: url.href,
      status,
      ...(condition === undefined ? {} : { condition }),
      ...(detail === undefined ? {} : { detail }),
    },
  };
}

/** Whether it is only the phrase that goes with the number. */
function isPhrase(status: number, detail: string): boolean {
  return detail.trim().toLowerCase() === STATUS_CODES[status]?.toLowerCase();
}

/** Of our own server, with the meaning of what is said here. */
const ourSentences: ReadonlySet<string> = new Set([
  "credentials are needed",
  "there is no such file or folder",
  "the folder above it does not exist",
  "it is locked, and the request did not send the lock's token",
]);

/** How servers answer where a file's URL has a slash at its end. */
const slashRefusals: ReadonlySet<number> = new Set([400, 403, 404, 405, 409]);
const ofWhatIsThere: ReadonlySet<string> = new Set(["GET", "HEAD", "PROPFIND", "DELETE"]);

async function isFileWithSlash(
  { method, status, url }: HttpError,
  context: FailureContext,
): Promise<boolean> {
  if (!url.pathname.endsWith("/") || !slashRefusals.has(status) || !ofWhatIsThere.has(method)) return false;
  return (await context.isFileWithSlash?.(url)) === true;
}

function ofFile({ url }: HttpError, { remote }: FailureContext): Meaning {
  const what = `${shownPath(withoutSlash(url))} is a file, not a folder`;
  return remote?.pathname === url.pathname ? { what, advice: "leave out the slash at its end" } : { what };
}

/** Of a status that means failure, for a request or for a member of one. */
export function exitCodeOf(status: number): FailureCode {
  switch (status) {
    case 404:
    case 410:
      return 4;
    case 401:
    case 403:
    case 407:
      return 5;
    case 405:
    case 409:
    case 412:
    case 423:
      return 8;
    default:
      return 1;
  }
}

/** In a few words, where there is no room for more. */
export function statusWords(status: number): string {
  return words[status] ?? (status >= 500 ? "the server failed" : "refused");
}

const words: Readonly<Record<number, string>> = {
  400: "the server did not understand the request",
  401: "a login is needed",
  403: "not allowed",
  404: "nothing is there",
  405: "the server does not do that here",
  407: "the proxy wants a login",
  408: "the server did not wait any longer",
  409: "the folder above it is missing",
  410: "it is gone",
  411: "the server wants to know the length first",
  412: "it is not as expected",
  413: "larger than the server takes",
  414: "the URL is longer than the server takes",
  415: "the server does not take that kind of content",
  416: "it is shorter than that",
  417: "the server cannot meet an expectation",
  421: "the wrong server",
  422: "the server understood it, and cannot do it",
  423: "locked",
  424: "not done, because another one failed",
  428: "the server wants a condition",
  429: "asked too often",
  431: "the fields are larger than the server takes",
  501: "the server does not know that method",
  502: "the proxy got no proper answer from the server behind it",
  503: "the server is not available",
  504: "the proxy waited too long for the server behind it",
  505: "the server does not speak this version of HTTP",
  507: "no space left at the server",
  508: "the server found a loop",
};

interface Meaning {
  readonly what: string;
  readonly advice?: string;
}

async function meaningOf(error: HttpError, context: FailureContext): Promise<Meaning> {
  const { status, method, url, headers } = error;
  const what = statusWords(status);
  switch (status) {
    case 401:
      return (await import("./explain-login.ts")).explainLogin(error, context);
    case 403:
      // A name and a password go out only where a 401 asks for them.
      return {
        what,
        ...(context.username === undefined && context.byToken !== true
          ? { advice: "the server asks for no login here; perhaps with a token: --token-file FILE" }
          : {}),
      };
    case 405:
      if (method === "MKCOL")
        return { what: "something is there already, or the server makes no folder there (405)" };
      return { what: `the server does not do ${method} here`, ...allowedBy(headers) };
    case 409:
      if (method === "MKCOL") return { what, advice: "`meanwhile mkdir -p` makes it too" };
      if (!["PUT", "COPY", "MOVE", "LOCK"].includes(method))
        return { what: "the server finds it in conflict with what is there" };
      return {
        what:
          method === "COPY" || method === "MOVE"
            ? "the folder that it is to come into is missing"
            : "the folder above it is missing",
        advice: "make it with `meanwhile mkdir -p`",
      };
    case 412:
      if (context.keepsDestination === true) {
        return { what: "something is there already", advice: "without --no-overwrite it is replaced" };
      }
      return { what };
    case 423: {
      const holder = await context.lockHolder(error.hrefs.length === 0 ? [url] : error.hrefs);
      return {
        what: holder === undefined ? what : `${what} ${holder}`,
        advice: "wait until the lock ends; if it is yours, give its token as --lock-token",
      };
    }
    case 502:
      if (method !== "COPY" && method !== "MOVE") return { what };
      return {
        what: "the server takes the destination for another server's, or a proxy got no proper answer (502)",
        advice:
          url.protocol === "https:"
            ? "where a proxy ends TLS, it must change https: to http: in the Destination field, too (RFC 4918 §9.9.4)"
            : "a proxy that changes Host must change the Destination field, too (RFC 4918 §9.9.4)",
      };
    case 429:
    case 503: {
      const wait = headers.get("Retry-After");
      return {
        what,
        ...(wait === null ? {} : { advice: `it asks to come back: Retry-After: ${summary(wait, 40)}` }),
      };
    }
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: {
      const location = headers.get("Location");
      const there =
        location === null || !URL.canParse(location, url.href) ? undefined : new URL(location, url);
      if (there?.href === url.href)
        return { what: `the server redirects it to itself (${status})`, advice: "ask who runs the server" };
      // Nobody should be led to a file of this machine, or to a program.
      const isWeb = there?.protocol === "http:" || there?.protocol === "https:";
      if (there === undefined || !isWeb) return { what: `it is elsewhere (${status})` };
      if (!mayBeLogin(url, there, error))
        return { what: `it is elsewhere (${status})`, advice: `try ${summary(there.href, 500)}` };
      return {
        what: `the server redirects ${method} to ${summary(shownWithoutQuery(there), 200)} (${status})`,
        advice:
          "where that is a page to log in, this command cannot: does the server give tokens, or passwords for programs?",
      };
    }
    default:
      // A success that is not the one that was asked for: a page where people log in, for instance.
      if (status < 300 && method === "GET")
        return { what: "this is no status document", advice: "check the URL" };
      if (status < 300)
        return {
          what: `${method} was answered ${status}, as no WebDAV server does`,
          advice: isPage(headers) ? "a web page came, perhaps one to log in: check the URL" : "check the URL",
        };
      return { what };
  }
}

/** Pages to log in are on another host, or under another name, and come with a status for browsers. */
function mayBeLogin(asked: URL, there: URL, { method, status }: HttpError): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const tail = (url: URL): string => url.pathname.replace(/\/+$/, "");
  const isSame = tail(there).endsWith(tail(asked));
  return !isSame && (there.hostname !== asked.hostname || status === 302 || status === 303);
}

function shownWithoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Whether a response has a page for people. */
function isPage(headers: Headers): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "");
}

function allowedBy(headers: Headers): { readonly advice?: string } {
  const allow = headers.get("Allow");
  return allow === null || allow === "" ? {} : { advice: `it does ${summary(allow, 120)}` };
}
