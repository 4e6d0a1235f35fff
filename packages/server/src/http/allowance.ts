/** What an exchange's client, and the hops before it, were measured to bear. */
import type { Exchange } from "@meanwhile/interim";
import { type Allowance, allowanceFor, type InterimPolicy, showsHop } from "@meanwhile/interim/profiles";
import type { Connection } from "../request/connection.ts";

/** How many interim responses this exchange may get. See `allowanceFor`. @param asked whether the client wants them */
export function interimAllowance(
  { protocol, request }: Exchange,
  { localEnd }: Connection,
  asked: boolean,
  policy: InterimPolicy,
): Allowance {
  return allowanceFor(
    {
      protocol,
      userAgent: request.headers["user-agent"],
      asked,
      hopSeen: showsHop(request.headers),
      loopback: localEnd,
    },
    policy,
  );
}
