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
  /** Whether its handlers tell something. */
  readonly logs: boolean;
  /** Adds the routes of the case. */
  add(app: App, log: Log): void;
}

/** What became of one request on the wire. */
export interface DropInAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly content: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly interims: readonly number[];
}

export function dropIn<App>(
  name: string,
  add: (app: App, log: Log) => void,
  request: DropInRequest = {},
): DropInCase<App> {
  return { name, add, request, logs: add.length > 1 };
}

export async function ask(
  client: TestClient,
  place: string,
  { method = "GET", path = "/", fields = {}, content }: DropInRequest,
): Promise<DropInAnswer> {
  const seen = await client
    .send(method, place + path, fields, content)
    .response()
    .catch((error: unknown) => broken(error));
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
  };
}

/** Resolves when handlers have told all sides the same, and nothing is added any more. @throws where they do not */
export async function sameLogs(known: readonly string[], ...others: (readonly string[])[]): Promise<void> {
  let seen = -1;
  for (let look = 0; look < 200; look += 1) {
    const told = [known, ...others].reduce((sum, log) => sum + log.length, 0);
    const isSame = known.length > 0 && others.every((log) => log.join("\n") === known.join("\n"));
    // What is told after the end, such as finish, comes soon after it.
    if (isSame && told === seen) return;
    seen = told;
    await new Promise<void>((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`handlers tell different things: ${JSON.stringify([known, ...others])}`);
}

function broken(error: unknown): Seen {
  const content = Buffer.from(error instanceof Error ? "broken off" : String(error));
  return { status: 0, reason: "", fields: [], content, trailers: [], interims: [] };
}
