/** What a framework's answers are compared by: the same app without the middleware, and with it for the whole app. */
import type { Fields, Seen, TestClient } from "../raw-client.ts";

export interface DropInRequest {
  /** Default GET. */
  readonly method?: string;
  /** Below the place of its case; default "/". */
  readonly path?: string;
  readonly fields?: Fields;
  readonly content?: string;
}

/** Tells what handlers see beside the answer: callbacks, hooks, events. */
export type Log = (what: string) => void;

export interface DropInCase<App> {
  readonly name: string;
  readonly request: DropInRequest;
  /** Adds the routes of the case. */
  add(app: App, log: Log): void;
}

/** What became of one request: on the wire, and in the handlers. */
export interface DropInAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly content: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly interims: readonly number[];
  readonly log: readonly string[];
}

export function dropIn<App>(
  name: string,
  add: (app: App, log: Log) => void,
  request: DropInRequest = {},
): DropInCase<App> {
  return { name, add, request };
}

export async function ask(
  client: TestClient,
  place: string,
  { method = "GET", path = "/", fields = {}, content }: DropInRequest,
  log: readonly string[],
): Promise<DropInAnswer> {
  const seen = await client
    .send(method, place + path, fields, content)
    .response()
    .catch((error: unknown) => broken(error));
  // What is told after the end, such as finish, comes soon after it.
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setTimeout(resolve, 5));
  return {
    status: seen.status,
    reason: seen.reason,
    // Of the moment, and what the middleware says of itself.
    fields: seen.fields
      .filter(([name]) => name !== "date" && name !== "operations")
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
    content: seen.content.toString("latin1"),
    trailers: seen.trailers,
    interims: seen.interims.map(({ status }) => status),
    log: [...log],
  };
}

function broken(error: unknown): Seen {
  const content = Buffer.from(error instanceof Error ? "broken off" : String(error));
  return { status: 0, reason: "", fields: [], content, trailers: [], interims: [] };
}
