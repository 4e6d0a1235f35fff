/** A client that works on its own part of a tree until the power is cut, and knows what it was answered. */
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Promises } from "./durability-table.ts";
import { contentNamed, copied, nameOfContent, type TreeModel, withNode, without } from "./tree-model.ts";

export type Method = "PUT" | "MKCOL" | "COPY" | "MOVE" | "DELETE" | "PROPPATCH" | "LOCK";

/** A request, and what the tree is once it was carried out. */
export interface Step {
  readonly method: Method;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly key: string | undefined;
  readonly after: TreeModel;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface CutClient {
  /** The collections that are its own. */
  readonly roots: readonly string[];
  /**
   * What the tree was after the last answer that promised all of it to survive, and after each answer since that did
   * not.
   */
  readonly history: readonly [TreeModel, ...TreeModel[]];
  /** The request that has no answer yet. */
  readonly pending: Step | undefined;
  /** The last request with a key that was answered. */
  readonly keyed: { readonly step: Step; readonly status: number } | undefined;
  /** Locations that interim responses told. */
  readonly told: readonly string[];
  /** Sends requests until `isCut` says so, or the connection ends. */
  work(isCut: () => boolean): Promise<void>;
  send(step: Pick<Step, "method" | "path" | "headers" | "body">): Promise<Reply>;
  ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Reply>;
  /** What the tree turned out to be. */
  settle(model: TreeModel): void;
}

const names = ["a", "b", "c"];

export function makeCutClient(
  server: () => string,
  roots: readonly string[],
  random: () => number,
  promises: Promises,
): CutClient {
  const methods = Object.keys(promises) as readonly Method[];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let model: TreeModel = new Map();
  let history: CutClient["history"] = [model];
  let pending: Step | undefined;
  let keyed: CutClient["keyed"];
  let told: string[] = [];
  let count = 0;
  /** What arrives later tells of a disk that is no more. */
  let isCut = (): boolean => false;
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;

  const ask = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body = "",
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const length = { "Content-Length": `${Buffer.byteLength(body)}` };
      const sent = request(new URL(path, server()), { method, agent, headers: { ...headers, ...length } });
      sent.on("information", ({ headers: { location } }: IncomingMessage) => {
        if (location !== undefined && !isCut()) told.push(new URL(location).pathname);
      });
      sent.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const send: CutClient["send"] = ({ method, path, headers, body }) => ask(method, path, headers, body);

  /** Paths in collections that are there. */
  const places = (): readonly string[] => {
    const collections = [...roots, ...[...model].flatMap(([path, { content }]) => (content ? [] : [path]))];
    return collections
      .filter((path) => path.split("/").length < 6)
      .flatMap((path) => names.map((name) => `${path}/${name}`));
  };

  const next = (): Step => {
    for (;;) {
      const step = attempt(any(methods));
      if (step === undefined) continue;
      const key = random() < 0.4 ? randomUUID() : undefined;
      const asks = random() < 0.3 ? { Prefer: "processing" } : {};
      const chosen = key === undefined ? {} : { "Idempotency-Key": `"${key}"` };
      return { ...step, key, headers: { ...step.headers, ...asks, ...chosen } };
    }
  };

  const attempt = (method: Method): Omit<Step, "key"> | undefined => {
    const path = any(places());
    const there = model.get(path);
    const plain = { method, path, headers: {}, body: "" };
    count += 1;
    switch (method) {
      case "PUT": {
        if (there?.content === undefined && there !== undefined) return undefined;
        const body = contentNamed(`n${count}`, 1 + Math.floor(random() ** 3 * 100_000));
        const node = { content: nameOfContent(body), mark: there?.mark };
        return { ...plain, body, after: withNode(model, path, node) };
      }
      case "MKCOL":
        if (there !== undefined) return undefined;
        return { ...plain, after: withNode(model, path, { content: undefined, mark: undefined }) };
      case "LOCK": {
        const free = `${roots[0]}/locked-${count}`;
        const body = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`;
        if (random() < 0.8) return undefined;
        const node = { content: nameOfContent(""), mark: undefined };
        return { ...plain, path: free, body, headers: { Depth: "0" }, after: withNode(model, free, node) };
      }
      case "PROPPATCH": {
        if (there === undefined) return undefined;
        const mark = `m${count}`;
        const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:example">${mark}</x></D:prop></D:set></D:propertyupdate>`;
        return { ...plain, body, after: withNode(model, path, { ...there, mark }) };
      }
      case "DELETE":
        return there === undefined ? undefined : { ...plain, after: without(model, path) };
      case "COPY":
      case "MOVE": {
        const destination = any(places());
        const apart = !`${destination}/`.startsWith(`${path}/`) && !`${path}/`.startsWith(`${destination}/`);
        if (there === undefined || !apart) return undefined;
        const both = copied(model, path, destination);
        const after = method === "COPY" ? both : without(both, path);
        return { ...plain, headers: { Destination: new URL(destination, server()).href }, after };
      }
    }
  };

  return {
    roots,
    get history() {
      return history;
    },
    get pending() {
      return pending;
    },
    get keyed() {
      return keyed;
    },
    get told() {
      return told;
    },
    send,
    ask,
    async work(cut) {
      isCut = cut;
      while (!isCut()) {
        const step = next();
        pending = step;
        let reply: Reply;
        try {
          reply = await send(step);
        } catch {
          // The server lost its power.
          return;
        }
        // What comes after the cut tells of a disk that is no more.
        if (isCut()) return;
        const expected =
          step.method === "PROPPATCH" ? reply.status === 207 : [200, 201, 204].includes(reply.status);
        if (!expected) throw new Error(`${step.method} ${step.path}: ${reply.status} ${reply.text}`);
        model = step.after;
        const survives = promises[step.method] === "all of it" || step.key !== undefined;
        history = survives ? [model] : [...history, model];
        pending = undefined;
        if (step.key !== undefined) keyed = { step, status: reply.status };
      }
    },
    settle(found) {
      model = found;
      history = [found];
      pending = undefined;
      keyed = undefined;
      told = [];
      isCut = () => false;
    },
  };
}
