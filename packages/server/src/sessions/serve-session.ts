/**
 * Sessions for browsers, beside what `authenticate` takes from programs (docs/decisions/0162-sessions.md): who a request is
 * from by its cookie, the resource by which sessions begin and end, and what a browser gets in place of a challenge.
 */
import { badRequest, DavError, encodePath } from "@meanwhile/dav";
import type { AnyRequest, Exchange } from "@meanwhile/interim";
import { preferredType, prefersHtml } from "@meanwhile/middleware/internal";
import { type Answer, type AnswerFields, empty } from "../http/answer.ts";
import { errorAnswer } from "../http/error-answer.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import { requireOwnSite } from "../request/cross-site.ts";
import { HttpContent } from "../request/request-content.ts";
import type { RequestFields } from "../request/request-fields.ts";
import { prefixOf } from "../target/mount.ts";
import type { FormLogin, LoginPlace } from "./form-login.ts";
import { loginPage } from "./login-page.ts";
import type { Logins } from "./logins.ts";
import { type CookiePlace, sessionToken, setSessionCookie } from "./session-cookie.ts";
import type { Session } from "./sessions.ts";

type Options = Pick<PipelineOptions, "login" | "mount" | "reserved" | "context" | "cors" | "hostName">;

/**
 * The session that a request is from. It has one only where nobody else could read its cookie, and never for what a page of
 * another origin does, be it one of this site that may use the server (CORS).
 */
export function sessionOf(
  request: AnyRequest,
  fields: RequestFields,
  connection: Connection,
  options: Options,
): Session | undefined {
  const { login } = options;
  if (login === undefined || !isPrivate(connection)) return undefined;
  const { fetchSite: site } = fields;
  if (!fields.isNavigation && (site === "same-site" || site === "cross-site")) return undefined;
  const token = sessionToken(fields.cookie, cookiePlace(request, connection, options));
  return token === undefined
    ? undefined
    : login.sessions.use(token, (principal) => login.logins.mark(principal));
}

/** Whether, and where, the user of a request may log in by a form. */
export function loginPlaceOf(
  request: AnyRequest,
  connection: Connection,
  kind: LoginPlace["kind"],
  options: Options,
): LoginPlace | undefined {
  if (options.login === undefined || !isPrivate(connection)) return undefined;
  return { session: sessionPath(request, options), kind };
}

/**
 * Where credentials are missing or wrong, browsers get this in place of the challenges of Basic and Digest, which they would
 * answer with a window of their own: a page to log in where they are to show a document, else a 401 that says how.
 * undefined for programs, which tell nothing of how they fetch.
 */
export function askToLogIn(
  request: AnyRequest,
  { fetchSite: site, isNavigation, accept }: RequestFields,
  method: string,
  connection: Connection,
  options: Options,
): Answer | undefined {
  const place = loginPlaceOf(request, connection, "needed", options);
  // A page of another site that may use the server (CORS) logs in as programs do.
  const isOurs = isNavigation || site === "same-origin" || site === "none";
  if (place === undefined || !isOurs) return undefined;
  const fields = challengeOf(place.session);
  if (!isNavigation || !prefersHtml(accept) || (method !== "GET" && method !== "HEAD")) {
    const answer = errorAnswer(new DavError(401, "you are not logged in"), method);
    return { ...answer, fields: { ...answer.fields, ...fields } };
  }
  const to = targetPath(request);
  return loginDocument(401, request, { to, askOnceMore: site === "cross-site" }, fields, options);
}

/**
 * Answers requests for the session resource.
 *
 * GET tells whose session it is. POST begins one with `user` and `password`, and leads to `to`; below it, `end` ends it.
 *
 * @param name what follows the resource's path: "", "end", or what is not there
 * @throws {DavError} 403 where another site's page asks, or passwords would travel in clear; 413, 415
 */
export async function serveSession(
  exchange: Exchange,
  fields: RequestFields,
  method: string,
  connection: Connection,
  name: string,
  login: FormLogin,
  options: Options,
): Promise<Handled> {
  const { request } = exchange;
  if (name === "" && (method === "GET" || method === "HEAD")) {
    const session = sessionOf(request, fields, connection, options);
    return { answer: told(session?.principal), principal: session?.principal };
  }
  if (name !== "" && name !== "end") throw new DavError(404, "there is no such file or folder");
  if (method !== "POST") {
    const allowed = { Allow: name === "" ? "GET, HEAD, POST, OPTIONS" : "POST, OPTIONS" };
    if (method === "OPTIONS") return { answer: empty(200, allowed) };
    throw new DavError(405, "the method is not allowed", { fields: allowed });
  }
  requireOwnSite({ method, fields, connection, byBrowser: true }, options);
  return name === "end"
    ? end(exchange, fields, connection, options, login)
    : begin(exchange, fields, connection, options, login);
}

async function begin(
  exchange: Exchange,
  asked: RequestFields,
  connection: Connection,
  options: Options,
  { logins, sessions }: FormLogin,
): Promise<Handled> {
  const { request } = exchange;
  if (!isPrivate(connection))
    throw new DavError(
      403,
      "logging in is not possible over plain HTTP, where others could read the password: use HTTPS",
    );
  const form = await readForm(exchange, asked);
  const [user, password] = [form.get("user") ?? "", form.get("password") ?? ""];
  if (user === "") throw badRequest("the user is missing");
  const place = cookiePlace(request, connection, options);
  const to = ownPath(form.get("to"), place);
  const verdict = await logins.judge({ user, password, address: connection.address });
  const mark = verdict.kind === "known" ? logins.mark(verdict.principal) : undefined;
  if (verdict.kind === "known" && mark !== undefined) {
    // A session that the browser had before is not left to anybody.
    const before = sessionToken(asked.cookie, place);
    if (before !== undefined) await sessions.end(before);
    const token = await sessions.begin(verdict.principal, mark);
    const fields = { "Set-Cookie": setSessionCookie(place, token) };
    const answer = isByScript(asked) ? withFields(told(verdict.principal), fields) : leadTo(to, fields);
    return { answer, principal: verdict.principal };
  }
  const { status, text, fields } = refusal(verdict, sessionPath(request, options));
  if (isByScript(asked)) return { answer: errorAnswer(new DavError(status, text, { fields }), "POST") };
  const told401 = { to, user, failure: text, askOnceMore: false };
  return { answer: loginDocument(status, request, told401, fields, options) };
}

async function end(
  { request }: Exchange,
  asked: RequestFields,
  connection: Connection,
  options: Options,
  { sessions }: FormLogin,
): Promise<Handled> {
  const place = cookiePlace(request, connection, options);
  const token = sessionToken(asked.cookie, place);
  if (token !== undefined) await sessions.end(token);
  const fields = { "Set-Cookie": setSessionCookie(place) };
  return {
    answer: isByScript(asked) ? withFields(told(undefined), fields) : leadTo(`${place.prefix}/`, fields),
  };
}

interface Refusal {
  readonly status: 401 | 429 | 503;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

function refusal(verdict: Awaited<ReturnType<Logins["judge"]>>, session: string): Refusal {
  if (verdict.kind === "throttled" || verdict.kind === "overloaded") {
    const { retryAfterSeconds } = verdict;
    const fields = { "Retry-After": String(retryAfterSeconds) };
    if (verdict.kind === "overloaded")
      return { status: 503, text: "Too many log in at once. Try again in a moment.", fields };
    const minutes = Math.ceil(retryAfterSeconds / 60);
    const wait = minutes === 1 ? "a minute" : `${minutes} minutes`;
    return { status: 429, text: `Too many failed attempts. Try again in ${wait}.`, fields };
  }
  return { status: 401, text: "The user name or the password is wrong.", fields: challengeOf(session) };
}

/** "A server generating a 401 response MUST send a WWW-Authenticate header field" (RFC 9110 §15.5.2): this one browsers leave alone. */
function challengeOf(session: string): Readonly<Record<string, string>> {
  return { "WWW-Authenticate": `Cookie form-action="${session}"` };
}

function loginDocument(
  status: number,
  request: AnyRequest,
  form: {
    readonly to: string;
    readonly user?: string;
    readonly failure?: string;
    readonly askOnceMore: boolean;
  },
  fields: AnswerFields,
  options: Options,
): Answer {
  const prefix = prefixOf(request, options.mount);
  const session = sessionPath(request, options);
  const { html, policy } = loginPage({ ...form, prefix, session }, options.context.page);
  return {
    status,
    fields: {
      "Content-Type": "text/html; charset=utf-8",
      ...fields,
      ...notKept,
      "Content-Security-Policy": policy,
      "Cross-Origin-Opener-Policy": "same-origin",
      "Referrer-Policy": "same-origin",
      "X-Content-Type-Options": "nosniff",
    },
    body: { kind: "bytes", bytes: html },
  };
}

const notKept: AnswerFields = { "Cache-Control": "no-store" };

/** Whose session it is. */
function told(user: string | undefined): Answer {
  return {
    status: 200,
    fields: {
      "Content-Type": "application/json; charset=utf-8",
      ...notKept,
      "X-Content-Type-Options": "nosniff",
    },
    body: { kind: "bytes", bytes: `${JSON.stringify(user === undefined ? {} : { user })}\n` },
  };
}

function leadTo(path: string, fields: AnswerFields): Answer {
  return empty(303, { ...fields, ...notKept, Location: path });
}

function withFields(answer: Answer, fields: AnswerFields): Answer {
  return { ...answer, fields: { ...answer.fields, ...fields } };
}

/** Scripts ask for JSON; a form is a browser's request for a document. */
function isByScript({ accept }: RequestFields): boolean {
  return preferredType(accept, ["text/html", "application/json"]) === "application/json";
}

/** Longer than any name and password that are taken. */
const formBytes = 16 * 1024;

async function readForm(exchange: Exchange, fields: RequestFields): Promise<URLSearchParams> {
  if (fields.mediaType !== "application/x-www-form-urlencoded")
    throw new DavError(415, "a form is needed: application/x-www-form-urlencoded");
  return new URLSearchParams(await new HttpContent(exchange, fields).text(formBytes));
}

/** A path of ours, whatever the form says. */
function ownPath(to: string | null, { prefix }: CookiePlace): string {
  const home = `${prefix}/`;
  const here = "http://here";
  if (to === null || !to.startsWith("/") || !URL.canParse(to, here)) return home;
  const { origin, pathname, search } = new URL(to, here);
  return origin === here && pathname.startsWith(home) && !pathname.startsWith("//")
    ? pathname + search
    : home;
}

/** Where a password, or what stands for one, may travel: as Basic may (docs/decisions/0001-basic-on-loopback.md). */
function isPrivate({ secure, loopback }: Connection): boolean {
  return secure || loopback;
}

function cookiePlace(request: AnyRequest, { origin, secure }: Connection, { mount }: Options): CookiePlace {
  return { origin, secure, prefix: prefixOf(request, mount) };
}

function sessionPath(request: AnyRequest, { mount, reserved }: Options): string {
  return prefixOf(request, mount) + encodePath(reserved.session, false);
}

function targetPath(request: AnyRequest): string {
  const { url = "/", originalUrl } = request as AnyRequest & { readonly originalUrl?: string };
  return (originalUrl ?? url).replace(/^https?:\/\/[^/?#]*/i, "") || "/";
}
