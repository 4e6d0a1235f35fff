import { type InterimResponse, type Requester, request } from "@meanwhile/client/request";
import { expect } from "vitest";

/** What a client saw of an answer. */
export interface Heard {
  readonly interims: readonly InterimResponse[];
  readonly text: string;
}

/** Asks an interim server, as `startInterimServer` starts it. */
export async function ask(
  server: { readonly url: string },
  interims: number,
  bytes: number,
  requester?: Requester,
): Promise<Heard> {
  const heard: InterimResponse[] = [];
  const response = await request(`${server.url}?interims=${interims}&bytes=${bytes}`, {
    method: "POST",
    headers: { Prefer: "processing" },
    onInterim: (interim) => heard.push(interim),
    ...(requester === undefined ? {} : { requester }),
  });
  return { interims: heard, text: await response.text() };
}

/** In order, none missing, each whole. */
export function expectAll({ interims, text }: Heard, count: number, bytes: number): void {
  expect(text).toBe(`after ${count}`);
  expect(interims.map(({ headers }) => headers.get("progress"))).toEqual(
    Array.from({ length: count }, (_, index) => `${index + 1}/${count}`),
  );
  for (const [index, { status, headers }] of interims.entries()) {
    expect(status).toBe(102);
    expect(headers.get("x-filling")?.length).toBe((index + 1) % 10 === 0 ? bytes : 10);
  }
}
