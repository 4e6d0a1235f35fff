/** Errors as pages for people, where a browser asks: they say what it is, and lead back. */
import { STATUS_CODES } from "node:http";
import { htmlText, prefersHtml } from "@meanwhile/middleware/internal";
import type { Answer } from "../http/answer.ts";
import { documentHead, documentTail } from "./listing-page.ts";
import { listingPolicy } from "./listing-style.ts";

/** What was asked for, as far as the page needs it. */
export interface FailedRequest {
  readonly method: string;
  /** It was sent by a form of the page that is at the same place. */
  readonly isForm: boolean;
  readonly accept: string | undefined;
  /** The path of the request target, as it came. */
  readonly path: string;
  /** The path of the tree's root, without its slash. */
  readonly prefix: string;
}

/** The answer as it is, or, where it is a sentence about an error and a page is preferred, that page. HEAD gets its fields. */
export function errorPage(answer: Answer, request: FailedRequest): Answer {
  const { method, isForm, accept } = request;
  const isShown = method === "GET" || method === "HEAD" || isForm;
  if (answer.status < 400 || !isShown || !prefersHtml(accept)) return answer;
  const sentence = sentenceOf(answer);
  if (sentence === undefined) return answer;
  const vary = [answer.fields["Vary"] ?? [], "Accept"].flat().join(", ");
  return {
    ...answer,
    fields: {
      ...answer.fields,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": listingPolicy,
      "X-Content-Type-Options": "nosniff",
      Vary: vary,
    },
    body: { kind: "bytes", bytes: page(answer.status, sentence, request) },
  };
}

/** What the answer says for people: its text, or the detail of its problem document (RFC 9457 §3.1.4). */
function sentenceOf({ fields, body }: Answer): string | undefined {
  if (body.kind !== "bytes" || typeof body.bytes !== "string") return undefined;
  const type = String(fields["Content-Type"]);
  if (type.startsWith("text/plain")) return body.bytes.trim();
  if (type !== "application/problem+json") return undefined;
  const problem: { readonly title?: string; readonly detail?: string } = JSON.parse(body.bytes);
  return problem.detail ?? problem.title;
}

/** Where the page says more than the sentence, which is for programs, too. */
const texts: Readonly<Record<number, string>> = {
  404: "It was moved, renamed or deleted, or there is a mistake in the address.",
};

const titles: Readonly<Record<number, string>> = {
  401: "You are not logged in",
  403: "You may not do this",
  404: "There is nothing here",
  410: "It is not here any more",
  429: "Too much at once",
  503: "The server is busy",
  507: "The server has no room",
};

function page(status: number, sentence: string, { isForm, path, prefix }: FailedRequest): string {
  const title = titles[status] ?? "That did not work";
  const home = `${prefix}/`;
  const links = [
    ...(!isForm && (status === 401 || status === 429 || status === 503) ? [['""', "Try again"]] : []),
    ...(isForm ? [['""', "Back to the folder"]] : []),
    ...(!isForm && path.length > home.length && path !== home
      ? [[path.endsWith("/") ? '"../"' : '"./"', "The folder above"]]
      : []),
    [`"${htmlText(home)}"`, "The first folder"],
  ].map(([href, text]) => `<a href=${href}>${text}</a>`);
  return `${documentHead(title)}<main class="error">
<h1>${title}</h1>
<p>${htmlText(texts[status] ?? asSentence(sentence))}</p>
<p>${links.join(" · ")}</p>
<p>${status} ${STATUS_CODES[status] ?? ""}</p>
</main>
${documentTail}`;
}

function asSentence(text: string): string {
  const sentence = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
