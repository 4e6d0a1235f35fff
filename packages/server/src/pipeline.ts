/**
 * The way of one request, in one direction:
 * target → the page's files, sessions → who are you → OPTIONS → own site → rights → method → final response → log.
 */
import { badRequest, DavError, parsePath, type ResourcePath } from "@meanwhile/dav";
import { type AnyRequest, type AnyResponse, type Exchange, openExchange } from "@meanwhile/interim";
import { isClosing } from "@meanwhile/interim/internal";
import { hasForm } from "./forms/form-parts.ts";
import { serveForm } from "./forms/serve-form.ts";
import { type Answer, type AnswerFields, empty } from "./http/answer.ts";
import { corsFields, isPreflight, preflightFields } from "./http/cors.ts";
import { withDemandedFields } from "./http/demanded-fields.ts";
import { errorAnswer, toDavError } from "./http/error-answer.ts";
import { reply } from "./http/reply.ts";
import { requireSoundHead } from "./http/sound-head.ts";
import { errorPage } from "./listing/error-page.ts";
import { options as answerOptions, serverOptions } from "./methods/options.ts";
import { changing, reading } from "./methods.ts";
import type { Handled, PipelineOptions } from "./pipeline-options.ts";
import { asksForOwnPrincipal, principalProperties } from "./properties/principal-resource.ts";
import type { Authentication } from "./request/authentication.ts";
import { type Connection, readConnection } from "./request/connection.ts";
import { requireOwnSite } from "./request/cross-site.ts";
import type { DavRequest } from "./request/dav-request.ts";
import { HttpContent } from "./request/request-content.ts";
import { RequestFields } from "./request/request-fields.ts";
import { ignoredKeyFields } from "./serve/request-key.ts";
import { serveChange } from "./serve/serve-change.ts";
import { servePageFile } from "./serve/serve-page-file.ts";
import { serveReading } from "./serve/serve-reading.ts";
import { askToLogIn, loginPlaceOf, serveSession, sessionOf } from "./sessions/serve-session.ts";
import type { Session } from "./sessions/sessions.ts";
import { reservedErrorFields, reservedOptions, serveStatus } from "./status/serve-status.ts";
import { TreeError } from "./store.ts";
import { listedPaths } from "./target/listed-paths.ts";
import { type ExpressFields, parseTarget, prefixOf, type Target } from "./target/mount.ts";
import type { OwnPlace } from "./target/reserved.ts";
import { createUpload } from "./uploads/create-upload.ts";
import { serveUpload, uploadOptions } from "./uploads/serve-upload.ts";

/** A handler of node:http, node:http2 or Express. */
export type NodeHandler = (request: AnyRequest, response: AnyResponse, next?: unknown) => void;

/** Makes the handler that all requests go through. It answers every request, and never throws. */
export function createPipeline(options: PipelineOptions): NodeHandler {
  return (request, response) => {
    if (request.httpVersionMajor === 1 && isClosing(request.socket)) request.resume();
    else
      serve(request, response, options).catch(() => {
        // A log that fails has nobody to tell, and the request is over.
      });
  };
}

async function serve(request: AnyRequest, response: AnyResponse, options: PipelineOptions): Promise<void> {
  const startedMs = performance.now();
  const exchange = openExchange(request, response);
  const { method = "GET", headers } = request;
  const fields = new RequestFields(headers);
  const spoken = { method, fields, isForm: method === "POST" && hasForm(fields) };
  const connection = readConnection(request, options);
  const handled = await handle(exchange, connection, spoken, options);
  let { answer, error } = handled;
  let { status } = answer;
  let bytesOut = 0;
  try {
    if (status >= 400) answer = forPeople(answer, request, spoken, options);
    if (options.cors.length > 0) answer = withFields(answer, corsFields(headers, options.cors));
    bytesOut = await reply(exchange, method, answer, options.operations.after);
    error ??= answer.failure?.();
  } catch (cause) {
    error ??= cause;
    // The final response had begun, or its client left: all that can be done is to break it off.
    if (response.headersSent || exchange.state === "closed") response.destroy();
    else status = await replyFailure(exchange, method, cause, options);
  }
  handled.afterwards?.();
  const { destination, "user-agent": userAgent } = headers;
  options.log?.({
    method,
    target: request.url ?? "",
    protocol: exchange.protocol,
    address: connection.address,
    status,
    durationMs: performance.now() - startedMs,
    bytesOut,
    interims: handled.interims ?? 0,
    ...(typeof destination === "string" ? { destination } : {}),
    ...(handled.principal === undefined ? {} : { principal: handled.principal }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(handled.profile === undefined ? {} : { profile: handled.profile }),
    ...(handled.operation === undefined ? {} : { operation: handled.operation }),
    ...(exchange.undelivered ? { undelivered: true as const } : {}),
    ...(error === undefined ? {} : { error }),
  });
}

/** What a request says at first sight. */
interface Spoken {
  readonly method: string;
  readonly fields: RequestFields;
  /** It is a POST with the form of a listing. */
  readonly isForm: boolean;
}

/** What a request is for: the server as a whole ("*"), a path, or nothing that is understood. */
type Asked =
  | { readonly kind: "server" }
  | {
      readonly kind: "path";
      readonly path: ResourcePath;
      readonly own: OwnPlace | undefined;
      readonly target: Target;
    }
  | { readonly kind: "error"; readonly error: DavError };

/** An error as a page, where a browser asks for one. */
function forPeople(
  answer: Answer,
  request: AnyRequest,
  { method, fields, isForm }: Spoken,
  { mount }: PipelineOptions,
): Answer {
  const { url = "", originalUrl } = request as AnyRequest & ExpressFields;
  const path = (originalUrl ?? url).replace(/\?.*$/s, "");
  return errorPage(answer, {
    method,
    isForm,
    accept: fields.accept,
    path,
    prefix: prefixOf(request, mount),
  });
}

/** Tells that an answer could not be given; where not even that can be, the connection is broken off. @returns the status */
async function replyFailure(
  exchange: Exchange,
  method: string,
  cause: unknown,
  { operations }: PipelineOptions,
): Promise<number> {
  const answer = errorAnswer(toDavError(cause, method), method);
  try {
    await reply(exchange, method, answer, operations.after);
  } catch {
    // The log tells of the first failure; the second came of the same response.
    exchange.response.destroy();
  }
  return answer.status;
}

async function handle(
  exchange: Exchange,
  connection: Connection,
  spoken: Spoken,
  options: PipelineOptions,
): Promise<Handled> {
  const { method, fields, isForm } = spoken;
  const { headers } = exchange.request;
  // What became of a form is for people to read, as what became of GET.
  const toldAs = isForm ? "GET" : method;
  let principal: string | undefined;
  let request: DavRequest | undefined;
  const asked = findTarget(exchange.request, options);
  const own = asked.kind === "path" ? asked.own : undefined;
  /** Adds what must stand beside a status, or a key. */
  const complete = async (answer: Answer): Promise<Answer> => {
    const isRefused = answer.status >= 400;
    const demanded = isRefused
      ? await withDemandedFields(answer, { method, request }, options.context)
      : answer;
    return request && changing.has(method) ? withFields(demanded, ignoredKeyFields(request)) : demanded;
  };
  const refusal = (answer: Answer): Promise<Answer> =>
    complete(own ? withFields(answer, reservedErrorFields) : answer);
  try {
    requireSoundHead(exchange.request);
    // Its target is an authority and no path: there is nothing to look at before it is refused (RFC 9110 §9.3.6).
    if (method === "CONNECT") throw new DavError(405, "there are no tunnels here");
    if (method === "OPTIONS" && isPreflight(headers)) return { answer: empty(204, preflightFields(headers)) };
    if (own?.kind === "page") {
      const file = servePageFile(fields, method, options.context.page, own.rest);
      if (file) return { answer: file };
    }
    if (own?.kind === "session" && options.login)
      return await serveSession(exchange, fields, method, connection, own.rest, options.login, options);
    const session = options.login && sessionOf(exchange.request, fields, connection, options);
    const who: Authentication = session
      ? { kind: "known", principal: session.principal }
      : await options.authenticate({
          method,
          target: exchange.request.url ?? "",
          headers,
          address: connection.address,
          secure: connection.secure,
          loopback: connection.loopback,
        });
    if (who.kind === "known") principal = who.principal;
    if (method === "OPTIONS")
      return { answer: await capabilities(exchange, connection, fields, asked, who, options), principal };
    if (who.kind !== "known" && who.kind !== "anonymous")
      return { answer: await refusal(refused(who, exchange.request, fields, toldAs, connection, options)) };
    if (!reading.has(method))
      requireOwnSite({ method, fields, connection, principal, byBrowser: session !== undefined }, options);
    if (session && fields.wantsEvents) endWith(session, exchange);
    if (asked.kind === "error") throw asked.error;
    if (asked.kind === "server") throw badRequest("only OPTIONS is for the server as a whole");
    const login =
      options.login && loginPlaceOf(exchange.request, connection, session ? "used" : "possible", options);
    request = await davRequest(exchange, connection, fields, asked, { method, principal, login }, options);
    const handled = await dispatch(exchange, connection, request, own, options);
    const extra = who.kind === "known" ? who.fields : undefined;
    const answer = await complete(extra ? withFields(handled.answer, extra) : handled.answer);
    return { ...handled, principal, answer };
  } catch (error) {
    const failure = toDavError(error, method);
    const answer = await refusal(errorAnswer(failure, toldAs));
    return { answer, principal, ...(isForOperator(failure) ? { error } : {}) };
  }
}

/**
 * Whether the operator should hear of it: it failed on our side, and not because of what the client asked for. What the
 * operating system refuses to this process is such a failure too, whatever the client is told.
 */
function isForOperator({ status, cause }: DavError): boolean {
  if (cause instanceof TreeError && cause.code === "denied") return cause.cause !== undefined;
  return status === 500 || (status > 500 && cause !== undefined);
}

async function dispatch(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  own: OwnPlace | undefined,
  options: PipelineOptions,
): Promise<Handled> {
  if (own) return serveOwn(exchange, connection, request, own, options);
  const { method } = request;
  const read = reading.get(method);
  if (read) {
    if (!options.context.access.may(request.principal, "read", request.path)) {
      throw new DavError(403, "you may not read this");
    }
    return serveReading(exchange, connection, request, read, options);
  }
  const begun = await createUpload(exchange, connection, request, options);
  if (begun) return begun;
  if (method === "POST" && hasForm(request.fields)) return serveForm(exchange, connection, request, options);
  const change = changing.get(method);
  if (change) return serveChange(exchange, connection, request, change, options);
  // "501: the appropriate response when the server does not recognize the request method" (RFC 9110 §15.6.2).
  if (!recognized.has(method)) throw new DavError(501, "the method is not known");
  throw new DavError(405, "the method is not allowed");
}

/** What the server has of its own, for those who may see it. */
async function serveOwn(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  { kind, rest }: OwnPlace,
  options: PipelineOptions,
): Promise<Handled> {
  const { context } = options;
  if (kind === "principals" && asksForOwnPrincipal(request, context.principals))
    return { answer: await principalProperties(request, context) };
  if (kind === "uploads" && rest !== "") return serveUpload(exchange, connection, request, rest, options);
  return serveStatus(exchange, connection, request, options);
}

/** HTTP's own methods that no resource here has. */
const recognized: ReadonlySet<string> = new Set(["POST", "PATCH", "TRACE", "CONNECT"]);

function findTarget(request: AnyRequest, { mount, reserved }: PipelineOptions): Asked {
  try {
    const target = parseTarget(request, mount);
    if (target.path === "*") return { kind: "server" };
    const path = parsePath(target.path);
    return { kind: "path", path, own: reserved.at(path), target };
  } catch (error) {
    if (error instanceof DavError) return { kind: "error", error };
    throw error;
  }
}

async function davRequest(
  exchange: Exchange,
  { origin, address, wire }: Connection,
  fields: RequestFields,
  { path, own, target: { prefix, trailingSlash } }: Asked & { readonly kind: "path" },
  user: Pick<DavRequest, "method" | "principal" | "login">,
  { context }: PipelineOptions,
): Promise<DavRequest> {
  const paths = own ? { path } : listedPaths(context.tree, path, fields, { origin, prefix });
  return {
    trailingSlash,
    fields,
    client: { address, connection: wire },
    origin,
    prefix,
    content: new HttpContent(exchange, fields),
    exchange,
    ...(paths instanceof Promise ? await paths : paths),
    ...user,
  };
}

/** An event stream, which has no end of its own, ends with the session that it belongs to. */
function endWith({ ended }: Session, { response }: Exchange): void {
  const cut = (): void => void response.destroy();
  ended.addEventListener("abort", cut, { once: true });
  response.once("close", () => ended.removeEventListener("abort", cut));
}

/** The answer to those who are not let in, or not yet. */
function refused(
  who: Exclude<Authentication, { readonly kind: "known" | "anonymous" }>,
  request: AnyRequest,
  fields: RequestFields,
  method: string,
  connection: Connection,
  options: PipelineOptions,
): Answer {
  switch (who.kind) {
    case "challenge": {
      const asked = askToLogIn(request, fields, method, connection, options);
      if (asked) return asked;
      const answer = errorAnswer(new DavError(401, "credentials are needed"), method);
      return withFields(answer, { "WWW-Authenticate": who.challenges });
    }
    case "throttled": {
      const fields = { "Retry-After": String(who.retryAfterSeconds) };
      return errorAnswer(new DavError(429, "too many failed attempts", { fields }), method);
    }
    case "overloaded": {
      const fields = { "Retry-After": String(who.retryAfterSeconds) };
      return errorAnswer(new DavError(503, "too many log in at once", { fields }), method);
    }
    case "refused":
      return errorAnswer(new DavError(who.status, who.reason), method);
  }
}

/** OPTIONS answers everybody, and tells those who are not known nothing but what the server can do. */
async function capabilities(
  exchange: Exchange,
  connection: Connection,
  fields: RequestFields,
  asked: Asked,
  who: Authentication,
  options: PipelineOptions,
): Promise<Answer> {
  if (who.kind !== "known" && who.kind !== "anonymous") return serverOptions();
  if (asked.kind === "error") {
    // Windows asks at the root of the host, wherever the tree is mounted.
    if (asked.error.status === 404) return serverOptions();
    throw asked.error;
  }
  if (asked.kind === "server") return serverOptions();
  const { own, path } = asked;
  if (own?.kind === "uploads" && own.rest !== "") return withFields(serverOptions(), uploadOptions);
  if (own) return withFields(serverOptions(), reservedOptions(options.reserved, path));
  const user = { principal: who.kind === "known" ? who.principal : undefined, login: undefined };
  const request = await davRequest(
    exchange,
    connection,
    fields,
    asked,
    { method: "OPTIONS", ...user },
    options,
  );
  return answerOptions(request, options.context, { reveal: true });
}

/** The answer with more fields; `Vary` is added to, others are replaced. */
function withFields(answer: Answer, fields: AnswerFields): Answer {
  if (Object.keys(fields).length === 0) return answer;
  const vary = [answer.fields["Vary"], fields["Vary"]].flat().filter((value) => value !== undefined);
  return {
    ...answer,
    fields: { ...answer.fields, ...fields, ...(vary.length > 0 ? { Vary: vary.join(", ") } : {}) },
  };
}
