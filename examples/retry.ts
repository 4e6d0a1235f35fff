/** What docs/how-to/retries.md shows: an order that is placed once, however often its connection is lost. */

/** What survives that the page is loaded again, such as localStorage. */
export interface KeyStore {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** @param wait pauses for so many milliseconds */
export async function placeOrder(
  url: string,
  content: unknown,
  store: KeyStore,
  wait: (ms: number) => Promise<void>,
): Promise<Response> {
  const key = store.getItem("order") ?? crypto.randomUUID();
  store.setItem("order", key); // the page may be loaded again
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": `"${key}"` },
    body: JSON.stringify(content),
  };

  for (let pause = 1_000; ; pause = Math.min(2 * pause, 60_000)) {
    const response = await fetch(url, request).catch(() => undefined); // undefined: the connection was lost
    const replayed = response?.headers.get("Idempotency-Replayed") === "true";
    if (response && (replayed || ![408, 425, 429, 502, 503, 504].includes(response.status))) {
      store.removeItem("order");
      return response;
    }
    await wait(pause);
  }
}
