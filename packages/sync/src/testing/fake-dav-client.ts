/** A server in memory behind the client's interface, for tests of what is built on it. */
import { createHash } from "node:crypto";
import {
  type Change,
  type ChangeOptions,
  type DavClient,
  type Download,
  type GetOptions,
  HttpError,
  type ListOptions,
  type LongRequest,
  MultistatusError,
  type Patience,
  type RequestContent,
  type RequestProgress,
  type Resource,
} from "@meanwhile/client";
import { LatestNews, Places } from "@meanwhile/client/internal";
import { encodeName } from "@meanwhile/dav";
import { davName } from "@meanwhile/dav/xml";

export interface FakeDocument {
  readonly content: Buffer;
  readonly etag: string;
  readonly modified: Date;
}

export type FakeMethod = "stat" | "list" | "get" | "put" | "mkdir" | "delete";

/** A request as the server saw it. */
export interface FakeCall {
  readonly method: FakeMethod;
  /** Decoded, from the base on. */
  readonly path: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly start?: number;
}

export interface FakeServer {
  readonly client: DavClient;
  /** By decoded path from the base on: "a/b.txt". Collections are null; the base is "". */
  readonly resources: Map<string, FakeDocument | null>;
  readonly calls: FakeCall[];
  /** Called before anything is done; what it throws is the answer. */
  before: (call: FakeCall) => void | Promise<void>;
  /** Called when it is done and before that is told: what it throws is the answer. */
  after: (call: FakeCall) => void;
  /** More members that a listing names, wherever they are. */
  extraMembers: (path: string) => readonly Partial<Resource>[];
  /** Changes what a listing tells of a resource. */
  tell: (resource: Resource) => Resource;
  /** The path that a server takes for the one that was asked for. */
  resolve: (path: string, method: FakeMethod) => string;
  /** Whether a listing leaves a resource out, although it is there. */
  hides: (path: string) => boolean;
  /** What a server stores of content. */
  store: (content: Buffer, path: string) => Buffer;
  /** Members of a listing, and the collection itself by its own path, of which only a status is told. */
  failing: (path: string) => Readonly<Record<string, number>>;
  /** Whether If-Match and If-None-Match are heeded. */
  heedsConditions: boolean;
  /** Changes the content on its way. */
  send: (path: string, content: Uint8Array, start: number) => AsyncIterable<Uint8Array>;
  /** Whether the answer to GET tells its length. */
  tellsLength: boolean;
  /** Of the last PUTs: whether the answer has the entity tag. */
  tagsPuts: boolean;
  put(path: string, content: string | Buffer, modified?: Date): void;
  /** Calls of a method so far. */
  count(method: FakeMethod): number;
}

export function fakeServer(now: () => number = () => Date.UTC(2026, 0, 1)): FakeServer {
  const places = new Places("http://files.example/base/");
  const resources = new Map<string, FakeDocument | null>([["", null]]);
  let states = 0;
  const server: FakeServer = {
    resources,
    calls: [],
    before: () => undefined,
    after: () => undefined,
    extraMembers: () => [],
    resolve: (path) => path,
    hides: () => false,
    store: (content) => content,
    failing: () => ({}),
    heedsConditions: true,
    tell: (resource) => resource,
    async *send(_path, content) {
      const half = Math.ceil(content.length / 2);
      yield content.subarray(0, half);
      if (half < content.length) yield content.subarray(half);
    },
    tellsLength: true,
    tagsPuts: true,
    put(path, content, modified = new Date(now())) {
      const parts = path.split("/");
      for (let depth = 1; depth < parts.length; depth += 1) {
        const parent = parts.slice(0, depth).join("/");
        if (!resources.has(parent)) resources.set(parent, null);
      }
      states += 1;
      resources.set(path, { content: Buffer.from(content), etag: `"state-${states}"`, modified });
    },
    count: (method) => server.calls.filter((call) => call.method === method).length,
    client: undefined as unknown as DavClient,
  };

  const pathOf = (url: URL, method: FakeMethod): string =>
    server.resolve(
      decodeURIComponent(url.pathname.slice(places.base.pathname.length)).replace(/\/$/, ""),
      method,
    );
  const urlOf = (path: string, collection: boolean): URL =>
    new URL(path.split("/").map(encodeName).join("/") + (collection && path !== "" ? "/" : ""), places.base);
  const failure = (method: string, path: string, status: number): HttpError =>
    new HttpError({ method, url: urlOf(path, false), status, headers: new Headers() });
  const describe = (path: string): Resource => {
    const stored = resources.get(path);
    if (stored === undefined) throw failure("PROPFIND", path, 404);
    const common = {
      url: urlOf(path, stored === null),
      path: stored === null ? `${path}/` : path,
      name: path.slice(path.lastIndexOf("/") + 1),
      properties: [{ name: davName("resourcetype"), status: 200, text: "", xml: "" }],
    };
    if (stored === null) return { ...common, collection: true };
    const { content, etag, modified } = stored;
    return server.tell({ ...common, collection: false, length: content.length, etag, modified });
  };
  const call = async (made: FakeCall, signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    server.calls.push(made);
    await server.before(made);
    signal?.throwIfAborted();
  };
  const check = (method: string, path: string, { ifMatch, ifNoneMatch }: ChangeOptions): void => {
    if (!server.heedsConditions) return;
    const there = resources.get(path);
    const etag = there === undefined ? undefined : (there?.etag ?? '"collection"');
    if (ifMatch !== undefined && ifMatch !== etag) throw failure(method, path, 412);
    if (ifNoneMatch === "*" && etag !== undefined) throw failure(method, path, 412);
  };

  const client: Partial<DavClient> = {
    base: places.base,
    async stat(place, options) {
      const path = pathOf(places.url(place), "stat");
      await call({ method: "stat", path }, options?.signal);
      return describe(path);
    },
    async *list(place, options?: ListOptions) {
      const path = pathOf(places.url(place), "list");
      await call({ method: "list", path }, options?.signal);
      if (resources.get(path) !== null) throw failure("PROPFIND", path, 404);
      const prefix = path === "" ? "" : `${path}/`;
      const failed = server.failing(path);
      for (const member of [...resources.keys()]) {
        if (
          member !== "" &&
          member.startsWith(prefix) &&
          !member.slice(prefix.length).includes("/") &&
          !(member in failed || server.hides(member))
        )
          yield describe(member);
      }
      for (const extra of server.extraMembers(path)) {
        yield { path: "", name: "", collection: false, properties: [], url: places.base, ...extra };
      }
      const results = Object.entries(failed).map(([name, status]) => ({
        url: urlOf(name, name === path),
        status,
      }));
      if (results.length > 0) throw new MultistatusError("PROPFIND", urlOf(path, true), results);
    },
    async get(place, options: GetOptions = {}): Promise<Download> {
      const url = places.url(place);
      const path = pathOf(url, "get");
      const start = options.range?.start ?? 0;
      const { ifMatch } = options;
      await call({ method: "get", path, start, ...(ifMatch !== undefined && { ifMatch }) }, options.signal);
      const stored = resources.get(path);
      if (stored === undefined || stored === null) throw failure("GET", path, 404);
      check("GET", path, options);
      if (start > 0 && start >= stored.content.length) throw failure("GET", path, 416);
      const { etag, modified } = stored;
      const rest = stored.content.subarray(start);
      return {
        ...{ url, etag, modified },
        ...(server.tellsLength && { length: rest.length, total: stored.content.length }),
        content: ReadableStream.from(server.send(path, rest, start)),
      };
    },
    put(place, content, options = {}) {
      const path = pathOf(places.url(place), "put");
      const { ifMatch, ifNoneMatch } = options;
      return longRequest(options, async (tell): Promise<Change> => {
        const made: FakeCall = {
          ...{ method: "put" as const, path },
          ...(ifMatch !== undefined && { ifMatch }),
          ...(ifNoneMatch !== undefined && { ifNoneMatch }),
        };
        await call(made, options.signal);
        check("PUT", path, options);
        const bytes = await gather(content, tell, options.signal);
        const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
        if (resources.get(parent) !== null) throw failure("PUT", path, 409);
        if (resources.get(path) === null) throw failure("PUT", path, 405);
        const created = !resources.has(path);
        server.put(path, server.store(bytes, path));
        server.after(made);
        const etag = resources.get(path)?.etag;
        const tagged = server.tagsPuts && etag !== undefined ? { etag } : {};
        return { status: created ? 201 : 204, created, ...tagged };
      });
    },
    async mkdir(place, options = {}) {
      const path = pathOf(places.url(place), "mkdir");
      await call({ method: "mkdir", path }, options.signal);
      if (resources.has(path)) throw failure("MKCOL", path, 405);
      const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
      if (resources.get(parent) !== null) throw failure("MKCOL", path, 409);
      resources.set(path, null);
      server.after({ method: "mkdir", path });
      return { status: 201, created: true };
    },
    delete(place, options = {}) {
      const path = pathOf(places.url(place), "delete");
      return longRequest(options, async (): Promise<Change> => {
        const { ifMatch } = options;
        const made: FakeCall = { method: "delete", path, ...(ifMatch !== undefined && { ifMatch }) };
        await call(made, options.signal);
        if (!resources.has(path)) throw failure("DELETE", path, 404);
        check("DELETE", path, options);
        for (const member of [...resources.keys()]) {
          if (member === path || member.startsWith(`${path}/`)) resources.delete(member);
        }
        server.after(made);
        return { status: 204, created: false };
      });
    },
    async request() {
      return new Response(null, { headers: { Date: new Date(now()).toUTCString() } });
    },
  };
  return Object.assign(server, { client: client as DavClient });
}

async function gather(
  content: RequestContent,
  tell: (progress: RequestProgress) => void,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  if (typeof content !== "object" || !("open" in content)) throw new TypeError("only repeatable content");
  const chunks: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of content.open(0)) {
    signal?.throwIfAborted();
    chunks.push(chunk);
    done += chunk.length;
    tell({ stage: "sending", done, failures: 0 });
  }
  if (content.length !== undefined && done !== content.length) throw new Error("wrong length");
  return Buffer.concat(chunks);
}

function longRequest<Outcome>(
  { signal }: Patience,
  work: (tell: (progress: RequestProgress) => void) => Promise<Outcome>,
): LongRequest<Outcome> {
  let latest: RequestProgress = { stage: "sending", done: 0, failures: 0 };
  const news = new LatestNews(() => latest);
  const cancelled = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (): void => reject(signal?.aborted ? signal.reason : new Error("cancelled"));
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    cancelled.signal.addEventListener("abort", end, { once: true });
  });
  ended.catch(() => undefined);
  const outcome = Promise.race([
    ended,
    work((progress) => {
      latest = progress;
      news.changed();
    }),
  ]).finally(() => news.end());
  return {
    progress: news,
    outcome,
    url: undefined,
    cancel: async () => cancelled.abort(),
    detach: () => undefined,
  };
}

/** A short name for content, to compare folders by. */
export function digest(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 12);
}
