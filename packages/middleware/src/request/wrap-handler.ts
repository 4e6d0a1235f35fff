/** A whole handler with the middleware around it, as node:http and node:http2 want their listener. */
import type { ServerResponse } from "node:http";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import { Handling } from "../handling/handling.ts";
import { breakOff } from "../recording/break-off.ts";
import { operationOf } from "./handler-operation.ts";
import type { Processor } from "./processor.ts";

/** What a handler throws is answered with 500, or breaks its response off where that has begun. */
export function wrapHandler(
  processor: Processor,
  handler: (request: AnyRequest, response: ServerResponse) => unknown,
): (request: AnyRequest, response: AnyResponse) => void {
  return (request, response) => {
    const proceed = (given: AnyResponse): void => {
      const failed = (error: unknown): void => {
        const operation = operationOf(given);
        if (operation instanceof Handling) operation.fail(error);
        else if (given.headersSent) breakOff(given);
        else refuse(given);
      };
      try {
        const result = handler(request, given as ServerResponse);
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    try {
      processor.enter(request, response, proceed, () => refuse(response));
    } catch {
      // A `when` of the service has thrown.
      refuse(response);
    }
  };
}

function refuse(response: AnyResponse): void {
  response.statusCode = 500;
  response.end();
}
