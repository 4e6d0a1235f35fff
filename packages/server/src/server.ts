/** A WebDAV server (RFC 4918 class 1, 2 and 3) as one request handler for node:http, node:http2 and Express. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createPacer } from "@meanwhile/interim";
import { defaultPacing } from "@meanwhile/interim/pacing";
import type { Front, InterimMode } from "@meanwhile/interim/profiles";
import {
  createAttendance,
  createSlowRequests,
  createStatusService,
  createTurns,
} from "@meanwhile/middleware/internal";
import type { Operations } from "@meanwhile/operations";
import { createWorkQueue, steadyNow } from "@meanwhile/operations/internal";
import { type Access, openAccess } from "./access.ts";
import { defaultLimits, type Limits, type ServerContext } from "./context.ts";
import type { RequestLogEntry } from "./http/request-log.ts";
import type { LockStore } from "./locks/lock-store.ts";
import type { Page } from "./page.ts";
import { createPipeline, type NodeHandler } from "./pipeline.ts";
import { type Authenticate, anonymous } from "./request/authentication.ts";
import { recoverOperations } from "./serve/recovery.ts";
import type { Logins } from "./sessions/logins.ts";
import { Sessions } from "./sessions/sessions.ts";
import type { Tree } from "./store.ts";
import { parseMount } from "./target/mount.ts";
import { reservedPaths } from "./target/reserved.ts";
import { KeptUploads, type UploadStore } from "./uploads/kept-uploads.ts";

export { type Access, type Action, openAccess, readOnlyAccess } from "./access.ts";
export { defaultLimits, type Limits } from "./context.ts";
export type {
  ExpiringChange,
  ExpiringSight,
  ExpiringTable,
  ExpiringTables,
} from "./expiring/expiring-table.ts";
export {
  type ExpiringRecordJson,
  type ExpiringRecords,
  type HeldTablesOptions,
  heldTables,
} from "./expiring/held-table.ts";
export type { RequestLogEntry } from "./http/request-log.ts";
export type { Page, PageFile } from "./page.ts";
export type { NodeHandler } from "./pipeline.ts";
export type { Authenticate, Authentication, Credentials } from "./request/authentication.ts";
export type { LoginAttempt, Logins, LoginVerdict } from "./sessions/logins.ts";
export type { Session, Sessions } from "./sessions/sessions.ts";
export { assertNotReserved, ReservedPathError } from "./target/reserved.ts";
export type { UploadStore } from "./uploads/kept-uploads.ts";

/** What {@link createDavHandler} needs, and what may be set. */
export interface DavHandlerOptions {
  readonly tree: Tree;
  readonly locks: LockStore;
  /** Where uploads are recorded that may be gone on with. Default: each is sent in one request. */
  readonly uploads?: UploadStore;
  /** `createOperations()` of `@meanwhile/operations`. */
  readonly operations: Operations;
  /** Default: everyone is let in, anonymously. */
  readonly authenticate?: Authenticate;
  /**
   * Who may log in by a form, in a browser, over TLS or on this machine; beside `authenticate`, which is for programs.
   * Default: nobody, and browsers show a window of their own for what `authenticate` wants.
   */
  readonly logins?: Logins;
  /** The sessions of those. Default: in memory, so that they end with the process. */
  readonly sessions?: Sessions;
  /** Default: everyone may do everything. */
  readonly access?: Access;
  /**
   * How clients see the root of the tree: "https://files.example/team" where a proxy stands in front, which passes the
   * path on as it is; or a path alone, "/team", where other URLs of this server are not the tree's. Default: the root of
   * what each request says, in Express the path that the handler is mounted at.
   */
  readonly baseUrl?: string;
  /** Whose Forwarded and X-Forwarded-* are believed; default nobody's. */
  readonly trustedProxy?: (address: string) => boolean;
  readonly interim?: {
    /** Default "measured". */
    readonly mode?: InterimMode;
    /** The proxy in front, "none" for certain that there is none; default undeclared. */
    readonly front?: Front;
    /** When the first interim response is due; default 20,000. */
    readonly afterMs?: number;
    /** How long after it each later one is; default 15,000. */
    readonly everyMs?: number;
  };
  /**
   * Origins whose scripts may use the server from browsers, or "*"; default none. "null" is the origin of pages that
   * have none; like "*" it never comes with credentials. Pages of all others may change nothing.
   */
  readonly cors?: readonly string[];
  /** How this machine is called: where nobody logs in, its own pages are known by that, too. Default: the system's name. */
  readonly hostName?: string;
  /** Called once a request, when it is over. */
  readonly log?: (entry: RequestLogEntry) => void;
  readonly limits?: Partial<Limits>;
  /** Where status documents live in the tree's place; default "/.meanwhile/operations/". */
  readonly operationsPath?: string;
  /** What browsers show for a collection: `browserPage()` of `@meanwhile/page`. Default: a plain listing. */
  readonly page?: Page;
  /**
   * Lets the scripts of HTML, SVG and XML documents run: for sites whose authors are all trusted. Such a script can do all
   * that whoever looks at it may do here. Default: false, they are sandboxed.
   */
  readonly trustHtml?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Serves one request. Give it to `createServer`, to `server.on("checkContinue")` so that refused uploads are never
 * sent, or to `app.use()` of Express.
 */
export type DavHandler = NodeHandler & {
  /**
   * Takes up what an earlier process left unfinished. Call it once, before the first request: when it resolves, what is
   * resumed has its claims again, and goes on by itself.
   *
   * @returns how many operations are resumed
   */
  recover(): Promise<number>;
  /** Resolves when no operation runs any more, or those that do were abandoned. Stop listening first. */
  close(): Promise<void>;
};

/**
 * Makes the handler. It answers every request; it never calls `next`.
 *
 * @throws {TypeError} `ERR_INVALID_BASE_URL`, `ERR_INVALID_OPERATIONS_PATH`
 */
export function createDavHandler(options: DavHandlerOptions): DavHandler {
  const { interim = {} } = options;
  const pacer = createPacer();
  const reserved = reservedPaths(options.operationsPath);
  const limits = { ...defaultLimits, ...options.limits };
  const { uploads, tree } = options;
  const keptUploads =
    uploads === undefined || tree.keepDraft === undefined
      ? undefined
      : new KeptUploads({
          store: uploads,
          tree,
          now: options.now ?? steadyNow,
          randomId: () => randomBytes(16).toString("hex"),
          after: options.operations.after,
          limits,
        });
  const context: ServerContext = {
    tree,
    keptUploads,
    locks: options.locks,
    access: options.access ?? openAccess,
    claims: options.operations.claims,
    isReserved: reserved.has,
    principals: reserved.principals,
    trustHtml: options.trustHtml ?? false,
    page: options.page && { page: options.page, files: reserved.page, operations: reserved.collection },
    uploads: createWorkQueue(limits.uploads),
    limits,
    now: options.now ?? Date.now,
  };
  const pacing = {
    afterMs: interim.afterMs ?? defaultPacing.afterMs,
    everyMs: interim.everyMs ?? defaultPacing.everyMs,
  };
  const { operations } = options;
  const status = createStatusService({ operations, pacer, pacing, now: context.now });
  const handler = createPipeline({
    context,
    operations: options.operations,
    authenticate: options.authenticate ?? anonymous,
    login: options.logins && {
      logins: options.logins,
      sessions: options.sessions ?? new Sessions({ clock: context.now }),
    },
    mount: parseMount(options.baseUrl),
    trustedProxy: options.trustedProxy ?? (() => false),
    pacer,
    pacing,
    policy: { mode: interim.mode ?? "measured", front: interim.front },
    cors: options.cors ?? [],
    hostName: options.hostName ?? hostname(),
    log: options.log,
    reserved,
    status,
    slow: createSlowRequests({ hurry: operations.abandoned }),
    attendance: createAttendance(options.operations, options.operations.after),
    turns: createTurns(),
  });
  return Object.assign(handler, {
    async recover(): Promise<number> {
      const resumed = await recoverOperations(options.operations, context);
      await keptUploads?.sweep();
      return resumed;
    },
    async close(): Promise<void> {
      keptUploads?.close();
      status.close();
      if (!operations.abandoned.aborted) await operations.idle();
      pacer.close();
    },
  });
}
