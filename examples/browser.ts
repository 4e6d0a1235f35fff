/** What docs/reference/client.md shows of the client in browsers. */
import { createClient } from "@meanwhile/client/browser";

/** A progress element. */
export interface Bar {
  max: number;
  value: number;
}

/** What survives that the page is loaded again, such as sessionStorage. */
export interface Store {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** @returns whether something new was made */
export async function archive(bar: Bar, store: Store): Promise<boolean> {
  const dav = createClient("/files/"); // below the page's own origin
  const copy = dav.copy("2025/", "archive/2025/");
  for await (const { done, total = 1 } of copy.progress) {
    bar.max = total;
    bar.value = done;
    if (copy.url) store.setItem("copy", copy.url.href);
  }
  const { created } = await copy.outcome;

  await dav.close();
  return created;
}

/** The same after the page was loaded again. @returns the status of the final response */
export async function comeBack(bar: Bar, store: Store): Promise<number | undefined> {
  const left = store.getItem("copy");
  if (left === null) return undefined;

  const copy = createClient("/files/").watch(new URL(left));
  for await (const { done, total = 1 } of copy.progress) Object.assign(bar, { max: total, value: done });
  const { status } = await copy.outcome;

  return status;
}
