/** What docs/how-to/follow.md shows: a page that shows how far a slow request is. */
import type { Bar } from "./browser.ts";

/** As browsers have it. */
export interface Events {
  addEventListener(name: string, listener: (event: { readonly data: string }) => void): void;
  close(): void;
}

/** @param EventSource that of the browser */
export async function order(
  url: string,
  bar: Bar,
  EventSource: new (url: string) => Events,
): Promise<Response> {
  const response = await fetch(url, { method: "POST", headers: { Prefer: "respond-async, wait=1" } });
  if (response.status !== 202) return response; // it took less than a second
  const news = new EventSource(response.headers.get("Location") ?? "");
  news.addEventListener("progress", ({ data }) => {
    const { progress } = JSON.parse(data);
    bar.max = progress.total ?? 1;
    bar.value = progress.done;
  });
  const outcome = await new Promise<{ readonly href: string }>((resolve) => {
    news.addEventListener("outcome", ({ data }) => resolve(JSON.parse(data).outcome));
  });
  news.close();
  return fetch(outcome.href); // what the POST would have answered
}
