import { discard } from "../send/received-content.ts";
import type { Patience } from "../send/send.ts";
import { davClasses, hasOperations } from "../status/announcement.ts";
import type { Capabilities, Place } from "./dav-client.ts";
import { ask } from "./exchange.ts";
import { patienceOf, type VerbContext } from "./verb-context.ts";

/** What a server says of itself and of a resource in OPTIONS (RFC 9110 §9.3.7, RFC 4918 §10.1, §18). */
export async function capabilities(
  context: VerbContext,
  place: Place = "",
  options: Patience = {},
): Promise<Capabilities> {
  const url = context.places.url(place);
  const { response } = await ask(context, { method: "OPTIONS", url, patience: patienceOf(context, options) });
  await discard(response);
  context.memory.learn(response);
  const classes = davClasses(response.headers);
  return {
    classes,
    allow: tokens(response.headers.get("allow")),
    keepsAnswers: hasOperations(response.headers),
  };
}

function tokens(value: string | null): readonly string[] {
  return (value ?? "")
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "");
}
