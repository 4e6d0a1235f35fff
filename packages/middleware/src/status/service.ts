/** Everything at the reserved collection: status documents, outcomes, lists, each in all its representations. */
import type { IncomingHttpHeaders } from "node:http";
import type { Exchange, Pacer } from "@meanwhile/interim";
import type { Preferences } from "@meanwhile/interim/fields";
import type { Pacing } from "@meanwhile/interim/pacing";
import type { Allowance } from "@meanwhile/interim/profiles";
import type { JournalEntry, Operation, Operations } from "@meanwhile/operations";
import { preferredType } from "./accept.ts";
import {
  json,
  noSuchOperation,
  nothing,
  problem,
  type StatusAnswer,
  type StatusFields,
  statusFields,
} from "./answer.ts";
import { type StatusList, statusDocument } from "./document.ts";
import { createStatusEndings } from "./ending.ts";
import { entityTag, matchesWeakly, passesMatch } from "./entity-tag.ts";
import {
  defaultEventStreamTimes,
  type EventSource,
  type EventStreamTimes,
  eventStream,
} from "./events/event-stream.ts";
import { listEvents, operationEvents, outcomeEventId } from "./events/events.ts";
import { createFollowers, type StatusLimits } from "./events/followers.ts";
import { jobStatus } from "./job.ts";
import { outcomeAnswer } from "./outcome.ts";
import { statusListPage } from "./page/list-page.ts";
import { pageFields, statusPage } from "./page/page.ts";
import { askedIds, methodsOf, mostIds, parsePlace } from "./place.ts";
import { appliedPreferences, isPatient, waitForEnd } from "./wait-for-end.ts";

export interface StatusServiceOptions {
  readonly operations: Operations;
  readonly pacer: Pacer;
  readonly pacing: Pacing;
  readonly limits?: Partial<StatusLimits>;
  readonly times?: Partial<EventStreamTimes>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A request for the reserved collection or something in it, as far as it matters here. */
export interface StatusRequest {
  readonly method: string;
  /** What follows the reserved collection's path, decoded: "", "ID" or "ID/outcome". */
  readonly rest: string;
  readonly headers: IncomingHttpHeaders;
  readonly preferences: Preferences;
  /** Who asks; undefined: anonymous. */
  readonly principal: string | undefined;
  /** The absolute URL of the reserved collection, as the client sees it, with its trailing slash. */
  readonly collectionUrl: string;
  /** The path that pages lead back to, of what the operations are about. */
  readonly home?: string;
  /** How many interim responses the client bears. */
  readonly allowance: Allowance;
}

export interface StatusService {
  /**
   * Answers. Whoever is not the operation's principal gets the same 404 as for one that never was; an anonymous one
   * may be read, and ended, by knowing its URL. Rejects only where the journal cannot be read.
   */
  answer(exchange: Exchange, request: StatusRequest): Promise<StatusAnswer>;
  /** Ends the event streams of lists. Those of operations end with their operations, or when they are abandoned. */
  close(): void;
}

/** Most operations in a list. */
export const listedOperations: number = mostIds;

const types = ["application/json", "text/html", "text/event-stream"] as const;

/** Makes what answers all requests for status documents and their list. */
export function createStatusService(options: StatusServiceOptions): StatusService {
  const { operations } = options;
  const now = options.now ?? Date.now;
  const times = { ...defaultEventStreamTimes, ...options.times };
  const endings = createStatusEndings(operations);
  const followers = createFollowers(options.limits);
  const closing = new AbortController();
  // An operation that runs still has an end to tell of; a list has none.
  const listStopping = AbortSignal.any([closing.signal, operations.abandoned]);

  async function find(
    id: string,
    principal: string | undefined,
  ): Promise<Operation | JournalEntry | undefined> {
    const operation = await operations.find(id);
    if (!operation || isHidden(operation)) return undefined;
    return operation.principal === undefined || operation.principal === principal ? operation : undefined;
  }

  async function show(
    exchange: Exchange,
    request: StatusRequest,
    found: Operation | JournalEntry,
  ): Promise<StatusAnswer> {
    const href = request.collectionUrl + found.id;
    const type = preferredType(request.headers.accept, types);
    if ("ended" in found) {
      // Whoever knows its URL was told where to ask, and may ask after its end.
      void operations.keep(found);
      if (found.outcome) await found.ended;
    }
    if (type === "text/event-stream") {
      const lastEventId = single(request.headers["last-event-id"]);
      // The way to tell an EventSource that there is no need to come back.
      if (found.outcome && lastEventId === outcomeEventId) return nothing();
      const events = operationEvents(found, href, lastEventId, operations);
      return stream(exchange, request, events, operations.abandoned);
    }
    const waited = await wait(exchange, request, found, href);
    if ("refused" in waited) return waited.refused;
    const document = statusDocument(found, href);
    const text = `${JSON.stringify(document)}\n`;
    const shown =
      type === "text/html"
        ? represent(
            request,
            html(statusPage(document, now(), request.home), `W/${entityTag(text)}`, waited.fields),
          )
        : represent(request, json(200, text, { ETag: entityTag(text), ...waited.fields }));
    return { ...shown, interims: waited.interims };
  }

  async function wait(
    exchange: Exchange,
    request: StatusRequest,
    found: Operation | JournalEntry,
    statusUrl: string,
  ): Promise<
    { readonly interims: number; readonly fields: StatusFields } | { readonly refused: StatusAnswer }
  > {
    const { preferences } = request;
    const waits = request.method === "GET" && "ended" in found && !found.outcome && isPatient(preferences);
    if (!waits) return { interims: 0, fields: {} };
    const refused = followers.enter(request.principal, exchange);
    if (refused) return { refused };
    const interims = await waitForEnd(found, exchange, {
      operations,
      pacer: options.pacer,
      pacing: options.pacing,
      allowance: request.allowance,
      preferences,
      statusUrl,
    });
    return { interims, fields: { "Preference-Applied": appliedPreferences(preferences) } };
  }

  async function list(
    { principal, collectionUrl }: StatusRequest,
    ids: readonly string[] | undefined,
  ): Promise<StatusList> {
    const found =
      ids === undefined
        ? await ofPrincipal(principal)
        : (await Promise.all(ids.map((id) => find(id, principal)))).filter((one) => one !== undefined);
    const shown = found.slice(0, listedOperations);
    // Those that could not be recorded are not told of: after a restart nobody would know of them.
    const kept = await Promise.all(
      shown.map((operation) => !("ended" in operation) || operations.keep(operation)),
    );
    return {
      version: 1,
      operations: shown
        .filter((operation, index) => kept[index] === true && !isHidden(operation))
        .map((operation) => statusDocument(operation, collectionUrl + operation.id, { failed: false })),
      ...(found.length > listedOperations ? { more: true } : {}),
    };
  }

  /** Anonymous clients cannot be told apart: what is whose is known only to the one who has the URL. */
  async function ofPrincipal(principal: string | undefined): Promise<readonly (Operation | JournalEntry)[]> {
    return principal === undefined ? [] : operations.list(principal, listedOperations + 1);
  }

  async function showList(exchange: Exchange, request: StatusRequest): Promise<StatusAnswer> {
    const ids = askedIds(exchange.request.url);
    const type = preferredType(request.headers.accept, types);
    if (type === "text/event-stream") {
      const lastEventId = single(request.headers["last-event-id"]);
      const events = listEvents(() => list(request, ids), lastEventId, operations.after);
      return stream(exchange, request, events, listStopping);
    }
    const operationsList = await list(request, ids);
    const ofBrowser = request.principal === undefined && ids === undefined;
    const text = `${JSON.stringify(operationsList)}\n`;
    return type === "text/html"
      ? represent(
          request,
          html(statusListPage(operationsList, { ofBrowser, home: request.home }), `W/${entityTag(text)}`, {}),
        )
      : represent(request, json(200, text, { ETag: entityTag(text) }));
  }

  function stream(
    exchange: Exchange,
    request: StatusRequest,
    source: EventSource,
    stopping: AbortSignal,
  ): StatusAnswer {
    const fields = {
      "Content-Type": "text/event-stream",
      ...statusFields,
      // Proxies that gather answers before they pass them on: nginx obeys this one.
      "X-Accel-Buffering": "no",
    };
    if (request.method === "HEAD") return { status: 200, fields, content: "" };
    const refused = followers.enter(request.principal, exchange);
    if (refused) return refused;
    const content = eventStream(source, {
      after: operations.after,
      closed: exchange.closed,
      stopping,
      stalled: () => exchange.response.destroy(),
      times,
    });
    return { status: 200, fields, content };
  }

  async function end(request: StatusRequest, operation: Operation | JournalEntry): Promise<StatusAnswer> {
    const href = request.collectionUrl + operation.id;
    const text = (): string => `${JSON.stringify(statusDocument(operation, href))}\n`;
    const match = request.headers["if-match"];
    if (match !== undefined && !passesMatch(match, entityTag(text()))) {
      return problem(412, "The operation has changed meanwhile.");
    }
    switch (await endings.end(operation)) {
      case "asked":
        return json(202, text(), { "Content-Location": href });
      case "ended":
        return json(200, text(), { "Content-Location": href });
      case "hidden":
        return nothing();
    }
  }

  /** Asks what runs to stop; what has ended stays as it is, however often this comes. */
  async function cancel(request: StatusRequest, operation: Operation | JournalEntry): Promise<StatusAnswer> {
    const href = request.collectionUrl + operation.id;
    const asked = "cancel" in operation && operation.cancel();
    if (!asked && "ended" in operation) await operation.ended;
    const text = `${JSON.stringify(statusDocument(operation, href))}\n`;
    return json(operation.outcome ? 200 : 202, text, { "Content-Location": href });
  }

  async function hide(request: StatusRequest, operation: Operation | JournalEntry): Promise<StatusAnswer> {
    if (operation.outcome === undefined) {
      const href = request.collectionUrl + operation.id;
      return problem(
        409,
        "The operation still runs: cancel it, or wait for its end, before you hide it.",
        {},
        { cancel: `${href}/cancel` },
      );
    }
    if ("ended" in operation) await operation.ended;
    await operations.hide(operation.id);
    return nothing();
  }

  return {
    async answer(exchange, request) {
      const { method } = request;
      const place = parsePlace(request.rest);
      const methods = methodsOf(place);
      const allow = { Allow: methods.join(", ") };
      if (method === "OPTIONS") return nothing(allow);
      // Neither WebDAV's methods nor any other that changes something: nothing here is part of a tree.
      if (!methods.includes(method))
        return problem(403, "Status documents are not files: no WebDAV method works on them.", allow);
      if (place.kind === "collection") return showList(exchange, request);
      const operation = place.kind === "nowhere" ? undefined : await find(place.id, request.principal);
      if (!operation) return noSuchOperation;
      const answer = await answerAbout(operation);
      return { ...answer, operation: operation.id };

      async function answerAbout(found: Operation | JournalEntry): Promise<StatusAnswer> {
        if (method === "DELETE") return end(request, found);
        if (place.kind === "cancel") return cancel(request, found);
        if (place.kind === "hide") return hide(request, found);
        if (place.kind === "document") return show(exchange, request, found);
        if ("ended" in found && found.outcome) await found.ended;
        if (place.kind === "job") return json(200, `${JSON.stringify(jobStatus(found))}\n`);
        return outcomeAnswer(found, request.collectionUrl + found.id);
      }
    },
    close: () => closing.abort(),
  };
}

function html(page: string, tag: string, fields: StatusFields): StatusAnswer {
  return { status: 200, fields: { ...statusFields, ...pageFields, ETag: tag, ...fields }, content: page };
}

/** The representation, or 304 where the client has it (RFC 9110 §13.2.2). */
function represent({ headers }: StatusRequest, answer: StatusAnswer): StatusAnswer {
  const { ETag: tag, "Preference-Applied": applied } = answer.fields;
  if (!matchesWeakly(headers["if-none-match"], String(tag))) return answer;
  const fields = {
    ...statusFields,
    ETag: String(tag),
    ...(applied === undefined ? {} : { "Preference-Applied": applied }),
  };
  return { status: 304, fields, content: "" };
}

function isHidden(operation: Operation | JournalEntry): boolean {
  return "hidden" in operation && operation.hidden === true;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
