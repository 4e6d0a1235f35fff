/** Requests, and somewhere to answer them, for tests of methods without a server around them. */
import type { IncomingHttpHeaders } from "node:http";
import { DavError, parsePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import { createWorkQueue } from "@meanwhile/operations/internal";
import { openAccess } from "../../access.ts";
import { defaultLimits, type ServerContext } from "../../context.ts";
import type { Answer } from "../../http/answer.ts";
import type { DavRequest } from "../../request/dav-request.ts";
import { RequestFields } from "../../request/request-fields.ts";
import type { Tree } from "../../store.ts";
import { reservedPaths } from "../../target/reserved.ts";
import { createMemoryLockStore } from "../memory/memory-lock-store.ts";
import { createMemoryTree } from "../memory/memory-tree.ts";

/** The moment at which these tests take place. */
export const testNowMs: number = Date.UTC(2026, 0, 15, 12, 0, 0);

/** A context around a tree; by default an empty one in memory, where everybody may do everything. */
export function testContext(parts: Partial<ServerContext> = {}): ServerContext {
  const now = parts.now ?? (() => testNowMs);
  return {
    tree: createMemoryTree({ clock: now }),
    locks: createMemoryLockStore({ clock: now }),
    access: openAccess,
    claims: createOperations().claims,
    uploads: createWorkQueue(defaultLimits.uploads),
    keptUploads: undefined,
    isReserved: () => false,
    principals: reservedPaths().principals,
    trustHtml: false,
    page: undefined,
    limits: defaultLimits,
    now,
    ...parts,
  };
}

export interface TestRequestOptions {
  readonly headers?: IncomingHttpHeaders;
  readonly content?: string;
  readonly principal?: string;
  readonly prefix?: string;
  readonly closed?: AbortSignal;
}

/** A request as the pipeline hands it to a method. `target` is percent-encoded and below the prefix. */
export function testRequest(method: string, target: string, options: TestRequestOptions = {}): DavRequest {
  const headers = options.headers ?? {};
  const bytes = Buffer.from(options.content ?? "");
  return {
    method,
    path: parsePath(target),
    trailingSlash: target.endsWith("/"),
    fields: new RequestFields(headers),
    principal: options.principal,
    login: undefined,
    client: { address: "192.0.2.1", connection: {} },
    origin: "http://files.example",
    prefix: options.prefix ?? "",
    content: {
      length: bytes.length,
      async *stream() {
        yield bytes;
      },
      async text(limit) {
        if (bytes.length > limit) throw new DavError(413, "too large");
        return bytes.toString();
      },
    },
    exchange: { closed: options.closed ?? new AbortController().signal },
  };
}

/** Reads an answer's content to its end, and closes it. */
export async function readContent(answer: Answer): Promise<string> {
  const { body } = answer;
  switch (body.kind) {
    case "none":
      return "";
    case "bytes":
      return Buffer.from(body.bytes).toString();
    case "stream": {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of body.open()) chunks.push(Buffer.from(chunk));
      } finally {
        body.close();
      }
      return Buffer.concat(chunks).toString();
    }
  }
}

/** Puts a document, and the collections that it needs, into a tree. `target` is percent-encoded. */
export async function plant(tree: Tree, target: string, content: string | Uint8Array = ""): Promise<void> {
  const names = target.split("/").slice(1);
  for (let depth = 1; depth < names.length; depth += 1) {
    const path = parsePath(`/${names.slice(0, depth).join("/")}`);
    if ((await tree.lookup(path)) === undefined) await tree.createCollection(path, []);
  }
  if (target.endsWith("/")) return;
  const draft = await tree.draft(parsePath(target), { length: undefined });
  await draft.write(Buffer.from(content));
  await draft.commit({ modifiedMs: undefined });
}
