/** A client that does what a test says, and nothing else. */
import { type DavClient, HttpError, type Resource } from "@meanwhile/client";
import type { ConnectionSettings } from "../remote/connection-options.ts";
import type { Connect } from "../remote/session.ts";

export interface TestConnection {
  readonly connect: Connect;
  /** What clients were made for, in order. */
  readonly made: readonly { readonly base: string; readonly settings: ConnectionSettings }[];
  readonly closed: () => number;
}

/** Gives clients with these methods; another one that is called fails the test. */
export function testConnection(
  methods: Partial<DavClient> | ((settings: ConnectionSettings) => Partial<DavClient>),
): TestConnection {
  const made: { base: string; settings: ConnectionSettings }[] = [];
  let closed = 0;
  return {
    made,
    closed: () => closed,
    async connect(base, settings) {
      made.push({ base: base.href, settings });
      const given: Partial<DavClient> = typeof methods === "function" ? methods(settings) : methods;
      const client = {
        base,
        close: async () => {
          closed += 1;
        },
        ...given,
      };
      return new Proxy(client as DavClient, {
        get(target, name, receiver) {
          if (name in target || name === "then") return Reflect.get(target, name, receiver);
          throw new Error(`the test's client has no ${String(name)}()`);
        },
      });
    },
  };
}

/** What is there, by path; a folder's ends in "/". A number: the status that PROPFIND, and HEAD after it, are answered with. */
export type TestPlaces = Readonly<
  Record<
    string,
    true | "without a type" | { readonly propfind: number; readonly head: number; readonly location?: string }
  >
>;

/** Tells what is there as a server does that takes a folder's URL with and without its slash. */
export function testLooking(places: TestPlaces): Pick<DavClient, "stat" | "list" | "request"> {
  const at = (url: URL) => {
    const [bare, slash] = [url.pathname.replace(/\/$/, ""), `${url.pathname.replace(/\/$/, "")}/`];
    const path = [slash, bare].find((candidate) => candidate in places);
    return path === undefined ? undefined : ([path, places[path]] as const);
  };
  return {
    async stat(place) {
      const [path = "", found] = at(new URL(place)) ?? [];
      const status = typeof found === "object" ? found.propfind : found === undefined ? 404 : 207;
      if (status !== 207)
        throw new HttpError({ method: "PROPFIND", url: new URL(place), status, headers: new Headers() });
      const resource = testResource(new URL(path, place).href);
      return found === true ? resource : { ...resource, properties: [] };
    },
    async *list(place) {
      const folder = new URL(place).pathname;
      for (const path of Object.keys(places))
        if (new RegExp(`^${folder}[^/]+/?$`).test(path))
          yield testResource(new URL(path, String(place)).href);
    },
    async request(place) {
      const found = at(new URL(place))?.[1];
      const { head = 404, location = undefined } = typeof found === "object" ? found : {};
      return new Response(null, {
        status: head,
        headers: location === undefined ? {} : { Location: location },
      });
    },
  };
}

export function testResource(href: string, more: Partial<Resource> = {}): Resource {
  const url = new URL(href);
  const path = decodeURIComponent(url.pathname.slice(1));
  return {
    url,
    path,
    name: path.split("/").findLast((name) => name !== "") ?? "",
    collection: href.endsWith("/"),
    properties: [{ name: { namespace: "DAV:", local: "resourcetype" }, status: 200, text: "", xml: "" }],
    ...more,
  };
}
