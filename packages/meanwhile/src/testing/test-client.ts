/** A client that does what a test says, and nothing else. */
import type { DavClient, Resource } from "@meanwhile/client";
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

export function testResource(href: string, more: Partial<Resource> = {}): Resource {
  const url = new URL(href);
  const path = decodeURIComponent(url.pathname.slice(1));
  return {
    url,
    path,
    name: path.split("/").findLast((name) => name !== "") ?? "",
    collection: href.endsWith("/"),
    properties: [],
    ...more,
  };
}
