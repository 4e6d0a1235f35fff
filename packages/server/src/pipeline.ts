/**
 * The way of one request, in one direction:
 * target → OPTIONS → sessions → who are you → own site → status documents → rights → method → final response → log.
 */
import { DavError, parsePath } from "@meanwhile/dav";
import { type AnyRequest, type AnyResponse, type Exchange, openExchange } from "@meanwhile/interim";
import { parsePrefer } from "@meanwhile/interim/fields";
import { checkFinalStatus, isClosing } from "@meanwhile/interim/internal";
import { isFormPost } from "./forms/form-parts.ts";
import { serveForm } from "./forms/serve-form.ts";
import { type Answer, type AnswerFields, empty } from "./http/answer.ts";
import { corsFields, isPreflight, preflightFields } from "./http/cors.ts";
import { withDemandedFields } from "./http/demanded-fields.ts";
import { errorAnswer, toDavError } from "./http/error-answer.ts";
import { reply } from "./http/reply.ts";
import type { RequestLogEntry } from "./http/request-log.ts";
import { requireSoundHead } from "./http/sound-head.ts";
import { errorPage } from "./listing/error-page.ts";
import { options as answerOptions, serverOptions } from "./methods/options.ts";
import { changing, reading } from "./methods.ts";
import type { Handled, PipelineOptions } from "./pipeline-options.ts";
import { asksForOwnPrincipal, principalProperties } from "./properties/principal-resource.ts";
import type { Authenticate, Authentication } from "./request/authentication.ts";
import { type Connection, readConnection } from "./request/connection.ts";
import { requireOwnSite } from "./request/cross-site.ts";
import type { DavRequest } from "./request/dav-request.ts";
import { listedPaths } from "./request/listed-paths.ts";
import { type ExpressFields, type Mount, parseTarget, prefixOf, type Target } from "./request/mount.ts";
import { requestContent } from "./request/request-content.ts";
import { ignoredKeyFields } from "./request/request-key.ts";
import { serveChange } from "./request/serve-change.ts";
import { servePageFile } from "./request/serve-page-file.ts";
import { serveReading } from "./request/serve-reading.ts";
import { askToLogIn, loginPlaceOf, serveSession, sessionOf } from "./sessions/serve-session.ts";
import type { Session } from "./sessions/sessions.ts";
import { reservedErrorFields, reservedOptions, serveStatus } from "./status/serve-status.ts";
import { TreeError } from "./store.ts";
import { createUpload } from "./uploads/create-upload.ts";
import { serveUpload, uploadIdOf, uploadOptions } from "./uploads/serve-upload.ts";

/** A handler of node:http, node:http2 or Express. */
export type NodeHandler = (request: AnyRequest, response: AnyResponse, next?: unknown) => void;

/** Makes the handler that all requests go through. It answers every request, and never throws. */
export function createPipeline(options: PipelineOptions): NodeHandler {
  return (request, response) => {
    if (request.httpVersionMajor === 1 && isClosing(request.socket)) {
      request.resume();
      return;
    }
    const startedMs = performance.now();
    const exchange = openExchange(request, response);
    const connection = readConnection(request, {
      origin: options.mount.origin,
      trustedProxy: options.trustedProxy,
    });
    respond(exchange, connection, options)
      .then((told) => options.log?.({ ...told, durationMs: performance.now() - startedMs }))
      .catch(() => {
        // A log that fails has nobody to tell, and the request is over.
      });
  };
}

async function respond(
  exchange: Exchange,
  connection: Connection,
  options: PipelineOptions,
): Promise<Omit<RequestLogEntry, "durationMs">> {
  const { request } = exchange;
  const method = request.method ?? "GET";
  const handled = await handle(exchange, connection, method, options);
  const answer = forPeople(handled.answer, request, method, options.mount);
  let { error } = handled;
  let { status } = answer;
  let bytesOut = 0;
  try {
    bytesOut = await reply(
      exchange,
      method,
      withFields(answer, corsFields(request.headers, options.cors)),
      options.operations.after,
    );
    error ??= answer.failure?.();
  } catch (cause) {
    error ??= cause;
    // The final response had begun, or its client left: all that can be done is to break it off.
    if (exchange.response.headersSent || exchange.state === "closed") exchange.response.destroy();
    else status = await replyFailure(exchange, method, cause, options);
  }
  handled.afterwards?.();
  const { destination, "user-agent": userAgent } = request.headers;
  return {
    method,
    target: request.url ?? "",
    ...(typeof destination === "string" ? { destination } : {}),
    protocol: exchange.protocol,
    address: connection.address,
    ...(handled.principal === undefined ? {} : { principal: handled.principal }),
    ...(userAgent === undefined ? {} : { userAgent }),
    status,
    bytesOut,
    interims: handled.interims ?? 0,
    ...(handled.profile === undefined ? {} : { profile: handled.profile }),
    ...(handled.operation === undefined ? {} : { operation: handled.operation }),
    ...(exchange.undelivered ? { undelivered: true as const } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** An error as a page, where a browser asks for one. */
function forPeople(answer: Answer, request: AnyRequest, method: string, mount: Mount): Answer {
  if (answer.status < 400) return answer;
  const { url = "", headers, originalUrl } = request as AnyRequest & ExpressFields;
  const path = (originalUrl ?? url).replace(/\?.*$/s, "");
  const isForm = isFormPost(method, headers);
  return errorPage(answer, {
    method,
    isForm,
    accept: headers.accept,
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
  method: string,
  options: PipelineOptions,
): Promise<Handled> {
  let principal: string | undefined;
  let request: DavRequest | undefined;
  // What became of a form is for people to read, as what became of GET.
  const spoken = isFormPost(method, exchange.request.headers) ? "GET" : method;
  const complete = async (answer: Answer): Promise<Answer> => {
    const demanded = await withDemandedFields(answer, { method, request }, options.context);
    return request && changing.has(method) ? withFields(demanded, ignoredKeyFields(request)) : demanded;
  };
  try {
    const { headers } = exchange.request;
    requireSoundHead(exchange.request);
    // Its target is an authority and no path: there is nothing to look at before it is refused (RFC 9110 §9.3.6).
    if (method === "CONNECT") throw new DavError(405, "there are no tunnels here");
    if (method === "OPTIONS" && isPreflight(method, headers)) {
      return { answer: empty(204, preflightFields(headers)) };
    }
    const file = servePageFile(exchange.request, method, options.context.page, options.mount);
    if (file !== undefined) return { answer: file };
    const ofSession = await serveSession(exchange, method, connection, options);
    if (ofSession !== undefined) return ofSession;
    const session = sessionOf(exchange.request, connection, options);
    const who = session
      ? ({ kind: "known", principal: session.principal } as const)
      : await identify(exchange, connection, method, options.authenticate);
    if (who.kind === "known") principal = who.principal;
    if (method === "OPTIONS")
      return { answer: await capabilities(exchange, connection, who, options), principal };
    const asked =
      who.kind === "challenge" ? askToLogIn(exchange.request, spoken, connection, options) : undefined;
    const refused = asked ?? refuse(who, spoken);
    if (refused) return { answer: await complete(asReserved(refused, exchange, options)) };
    requireOwnSite({ method, headers, connection, principal, byBrowser: session !== undefined }, options);
    if (session) endWith(session, exchange);
    const target = parseTarget(exchange.request, options.mount);
    const paths = await listedPaths(target, exchange.request.headers, connection, options);
    const login = loginPlaceOf(exchange.request, connection, session ? "used" : "possible", options);
    request = davRequest(exchange, connection, method, { principal, login }, target, paths);
    const handled = await dispatch(exchange, connection, request, options);
    checkFinalStatus(handled.answer.status);
    const extra = who.kind === "known" ? who.fields : undefined;
    const answer = await complete(extra ? withFields(handled.answer, extra) : handled.answer);
    return { ...handled, principal, answer };
  } catch (error) {
    const failure = toDavError(error, method);
    const answer = await complete(asReserved(errorAnswer(failure, spoken), exchange, options));
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
  options: PipelineOptions,
): Promise<Handled> {
  const { context, reserved } = options;
  if (asksForOwnPrincipal(request, context.principals)) {
    return { answer: await principalProperties(request, context) };
  }
  const upload = uploadIdOf(request.path, reserved);
  if (upload !== undefined) return serveUpload(exchange, connection, request, upload, options);
  if (reserved.has(request.path)) return serveStatus(exchange, connection, request, options);
  const read = reading.get(request.method);
  if (read) {
    if (!context.access.may(request.principal, "read", request.path)) {
      throw new DavError(403, "you may not read this");
    }
    return serveReading(exchange, connection, request, read, options);
  }
  const begun = await createUpload(exchange, connection, request, options);
  if (begun) return begun;
  if (isFormPost(request.method, request.headers)) return serveForm(exchange, connection, request, options);
  const change = changing.get(request.method);
  if (change) return serveChange(exchange, connection, request, change, options);
  // "501: the appropriate response when the server does not recognize the request method" (RFC 9110 §15.6.2).
  if (!recognized.has(request.method)) throw new DavError(501, "the method is not known");
  throw new DavError(405, "the method is not allowed");
}

/** HTTP's own methods that no resource here has. */
const recognized: ReadonlySet<string> = new Set(["POST", "PATCH", "TRACE", "CONNECT"]);

function davRequest(
  exchange: Exchange,
  connection: Connection,
  method: string,
  user: Pick<DavRequest, "principal" | "login">,
  target: Target,
  paths: Pick<DavRequest, "path" | "destination">,
): DavRequest {
  const { request, response } = exchange;
  return {
    method,
    ...paths,
    trailingSlash: target.trailingSlash,
    headers: request.headers,
    preferences: parsePrefer(request.headers["prefer"]),
    ...user,
    client: { address: connection.address, connection: wireOf(request) },
    origin: connection.origin,
    prefix: target.prefix,
    content: requestContent(request, response),
    // Made when it is first asked for: most requests end without anybody asking.
    get closed() {
      return exchange.closed;
    },
  };
}

/** An event stream, which has no end of its own, ends with the session that it belongs to. */
function endWith({ ended }: Session, { request, response }: Exchange): void {
  if (request.headers.accept?.includes("text/event-stream") !== true) return;
  const cut = (): void => void response.destroy();
  ended.addEventListener("abort", cut, { once: true });
  response.once("close", () => ended.removeEventListener("abort", cut));
}

/** The connection that a request came on: of HTTP/2 the session, which many requests share. */
function wireOf(request: AnyRequest): object {
  return ("stream" in request ? request.stream.session : undefined) ?? request.socket;
}

function identify(
  { request }: Exchange,
  connection: Connection,
  method: string,
  authenticate: Authenticate,
): Authentication | Promise<Authentication> {
  return authenticate({
    method,
    target: request.url ?? "",
    headers: request.headers,
    address: connection.address,
    secure: connection.secure,
    loopback: connection.loopback,
  });
}

function refuse(who: Authentication, method: string): Answer | undefined {
  if (who.kind === "challenge") {
    const answer = errorAnswer(new DavError(401, "credentials are needed"), method);
    return withFields(answer, { "WWW-Authenticate": who.challenges });
  }
  if (who.kind === "throttled") {
    const fields = { "Retry-After": String(who.retryAfterSeconds) };
    return errorAnswer(new DavError(429, "too many failed attempts", { fields }), method);
  }
  if (who.kind === "overloaded") {
    const fields = { "Retry-After": String(who.retryAfterSeconds) };
    return errorAnswer(new DavError(503, "too many log in at once", { fields }), method);
  }
  if (who.kind === "refused") return errorAnswer(new DavError(who.status, who.reason), method);
  return undefined;
}

/** An error with the fields of all answers about operations, where the request was for one. */
function asReserved(answer: Answer, { request }: Exchange, { mount, reserved }: PipelineOptions): Answer {
  try {
    const path = parsePath(parseTarget(request, mount).path);
    return reserved.has(path) ? withFields(answer, reservedErrorFields) : answer;
  } catch {
    // A target that is not understood is nowhere.
    return answer;
  }
}

/** OPTIONS answers everybody, and tells those who are not known nothing but what the server can do. */
async function capabilities(
  exchange: Exchange,
  connection: Connection,
  who: Authentication,
  { mount, context, reserved }: PipelineOptions,
): Promise<Answer> {
  const unknown = who.kind !== "known" && who.kind !== "anonymous";
  if (unknown) return serverOptions();
  let target: Target;
  try {
    target = parseTarget(exchange.request, mount);
  } catch (error) {
    // Windows asks at the root of the host, wherever the tree is mounted.
    if (error instanceof DavError && error.status === 404) return serverOptions();
    throw error;
  }
  if (target.path === "*") return serverOptions();
  const principal = who.kind === "known" ? who.principal : undefined;
  const paths = await listedPaths(target, exchange.request.headers, connection, { context, reserved });
  const request = davRequest(exchange, connection, "OPTIONS", { principal, login: undefined }, target, paths);
  if (uploadIdOf(request.path, reserved) !== undefined) return withFields(serverOptions(), uploadOptions);
  if (reserved.has(request.path)) {
    return withFields(serverOptions(), reservedOptions(reserved, request.path));
  }
  return answerOptions(request, context, { reveal: true });
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
