/** A server with an adapter, its story, and clients: what the cases of the contract are played on. */
import { createOperations, type Operations } from "@meanwhile/operations";
import { type ManualTimers, manualTimers } from "../../../../interim/src/testing/manual-timers.ts";
import type { ProcessingOptions } from "../../request/options.ts";
import { field, http1Client, http2Client, type Seen, type SeenHead, type TestClient } from "../raw-client.ts";
import { type AdapterProtocol, type AdapterSubject, type AppStory, createStory } from "./adapter-subject.ts";

export interface AdapterCase {
  readonly name: string;
  /** Default: both. */
  readonly protocols?: readonly AdapterProtocol[];
  /** Whether it waits more than it works, so that it may run beside others. */
  readonly waits?: boolean;
  run(subject: AdapterSubject, protocol: AdapterProtocol): Promise<void>;
}

export interface Scene {
  readonly story: AppStory;
  readonly timers: ManualTimers;
  readonly operations: Operations;
  /** A new connection. */
  client(): TestClient;
  readonly port: number;
  readonly warnings: string[];
}

export const uuid: string = "0b5c9f2a-5a43-4bfa-9c0d-8f3b8e2a7d11";
export const alice: Readonly<Record<string, string>> = { Authorization: "Bearer alice" };

export async function scene(
  subject: AdapterSubject,
  protocol: AdapterProtocol,
  play: (scene: Scene) => Promise<void>,
  options: ProcessingOptions = {},
): Promise<void> {
  const story = await createStory();
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const warnings: string[] = [];
  const served = await subject.serve(protocol, story, {
    operations,
    options: { warn: (message) => warnings.push(message), ...options },
  });
  const clients: TestClient[] = [];
  try {
    await play({
      story,
      timers,
      operations,
      warnings,
      port: served.port,
      client() {
        const client = connectTo(protocol, served.port);
        clients.push(client);
        return client;
      },
    });
  } finally {
    story.open();
    for (const client of clients) client.close();
    await served.close();
    await story.dispose();
  }
}

function connectTo(protocol: AdapterProtocol, port: number): TestClient {
  return protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
}

const known = new WeakMap<AdapterSubject, Map<string, Promise<Seen>>>();

/** What the app answers without the middleware, asked once for each route. */
export function plain(subject: AdapterSubject, protocol: AdapterProtocol, path: string): Promise<Seen> {
  const answers = known.get(subject) ?? new Map<string, Promise<Seen>>();
  known.set(subject, answers);
  const name = `${protocol} ${path}`;
  const answer = answers.get(name) ?? askPlain(subject, protocol, path);
  answers.set(name, answer);
  return answer;
}

async function askPlain(subject: AdapterSubject, protocol: AdapterProtocol, path: string): Promise<Seen> {
  const story = await createStory();
  story.open();
  const served = await subject.serve(protocol, story, undefined);
  const client = connectTo(protocol, served.port);
  try {
    return await client.send("POST", path, {}, "").response();
  } finally {
    client.close();
    await served.close();
    await story.dispose();
  }
}

/** Without what is of the moment, and what the middleware says of itself. */
export function comparable({ status, fields, content, trailers, interims }: Seen): unknown {
  const passing = new Set(["date", "operations", "content-length", "transfer-encoding"]);
  return {
    status,
    fields: fields
      .filter(([name]) => !passing.has(name))
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
    content: content.toString(),
    trailers,
    interims,
  };
}

export function documentPath(head: SeenHead): string {
  return new URL(field(head, "location") ?? "").pathname;
}

export async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Sends a request and lets it become an operation by its age. */
export async function grown({ timers, operations, story }: Scene, runs = 1): Promise<void> {
  await story.arrived(runs);
  timers.advance(200);
  timers.advance(200);
  await untilTrue(() => operations.open > 0);
}
