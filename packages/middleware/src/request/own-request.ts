/** `when` and `principal` get the request that the framework gives to its handlers. */
import type { AnyRequest } from "@meanwhile/interim";
import type { ProcessingOptions } from "./options.ts";

export interface OwnRequests<Own> {
  /** The options as all that is below the frameworks takes them. */
  readonly options: ProcessingOptions;
  /** Says which request of the framework stands for one of Node's; before that enters. */
  tell(request: AnyRequest, own: Own): void;
}

/** For frameworks whose request is another one than Node's. */
export function ownRequests<Own>(given: ProcessingOptions<Own>): OwnRequests<Own> {
  const told = new WeakMap<AnyRequest, { readonly own: Own }>();
  const asked =
    <Answer>(ask: (own: Own) => Answer) =>
    (request: AnyRequest): Answer => {
      const found = told.get(request);
      if (found === undefined) throw new Error("a request came by that the framework does not know");
      return ask(found.own);
    };
  const { when, principal, ...others } = given;
  return {
    options: {
      ...others,
      // What is no function is refused with all other options.
      ...(when === undefined ? {} : { when: typeof when === "function" ? asked(when) : when }),
      ...(principal === undefined
        ? {}
        : { principal: typeof principal === "function" ? asked(principal) : principal }),
    },
    tell: (request, own) => void told.set(request, { own }),
  };
}
