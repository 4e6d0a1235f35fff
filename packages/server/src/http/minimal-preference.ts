/** `Prefer: return=minimal` (RFC 8144 §2), and the older `Brief: t` of Microsoft's clients, which means the same. */
import type { DavRequest } from "../request/dav-request.ts";

export interface MinimalPreference {
  readonly applies: boolean;
  /** For `Preference-Applied` (RFC 7240 §3). */
  readonly applied: readonly string[];
  /** For `Vary`: the answer depends on these fields. */
  readonly vary: string;
}

/** Whether the client wants only what it cannot know already. */
export function minimalPreference(request: DavRequest): MinimalPreference {
  const preferred = request.fields.preferences.return === "minimal";
  return {
    applies: preferred || request.fields.isBrief,
    applied: preferred ? ["return=minimal"] : [],
    vary: "Brief, Prefer",
  };
}
