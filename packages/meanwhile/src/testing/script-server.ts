/** A server within a test that answers each request as the test says, as other people's servers do. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface ScriptRequest {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly content: string;
}

export interface ScriptAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: string;
}

export interface ScriptServer {
  /** With a slash at its end. */
  readonly url: string;
  /** "METHOD /path" of all requests. */
  readonly asked: readonly string[];
  readonly requests: readonly ScriptRequest[];
  close(): Promise<void>;
}

/** @param answer a string is sent as it is, and then the connection ends */
export async function startScriptServer(
  answer: (request: ScriptRequest, url: string) => ScriptAnswer | string,
): Promise<ScriptServer> {
  const requests: ScriptRequest[] = [];
  let url = "";
  const server = createServer(async (message, response) => {
    const { method = "", url: path = "", headers } = message;
    const request = { method, path, headers, content: await text(message) };
    requests.push(request);
    const said = answer(request, url);
    if (typeof said === "string") return (message.socket as Socket).end(said);
    response.writeHead(said.status, said.headers);
    return response.end(said.content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    requests,
    get asked() {
      return requests.map(({ method, path }) => `${method} ${path}`);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What PROPFIND says of one resource. */
export interface ScriptResource {
  readonly href: string;
  readonly folder?: boolean;
  readonly length?: number;
  readonly etag?: string;
  /** Of the propstat with its properties. Default: 200. */
  readonly propstat?: number;
  /** Of the response itself, which then has no properties. */
  readonly status?: number;
}

/** A 207 (RFC 4918 §9.1). */
export function multistatus(...resources: readonly ScriptResource[]): ScriptAnswer {
  return {
    status: 207,
    headers: { "Content-Type": "application/xml" },
    content: `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${resources.map(responseOf).join("")}</D:multistatus>`,
  };
}

function responseOf({ href, folder, length, etag, propstat = 200, status }: ScriptResource): string {
  const line = (code: number): string => `<D:status>HTTP/1.1 ${code} As said</D:status>`;
  const properties = [
    `<D:resourcetype>${folder === true ? "<D:collection/>" : ""}</D:resourcetype>`,
    length === undefined ? "" : `<D:getcontentlength>${length}</D:getcontentlength>`,
    etag === undefined ? "" : `<D:getetag>${etag}</D:getetag>`,
  ].join("");
  const told =
    status === undefined
      ? `<D:propstat><D:prop>${properties}</D:prop>${line(propstat)}</D:propstat>`
      : line(status);
  return `<D:response><D:href>${href}</D:href>${told}</D:response>`;
}
