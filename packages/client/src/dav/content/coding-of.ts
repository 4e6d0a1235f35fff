/** The codings that content still has, as its response says it (RFC 9110 §8.4); "" for none. */
export function codingOf(headers: Headers): string {
  const coding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  return coding === "identity" ? "" : coding;
}
