import { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { AnyRequest, AnyResponse, Exchange } from "./exchange.ts";
import { Http1Exchange } from "./exchange-http1.ts";
import { Http2Exchange } from "./exchange-http2.ts";

/**
 * Opens the exchange of a request that has just arrived. Takes nothing over: the final response goes through
 * `response` as usual.
 */
export function openExchange(request: AnyRequest, response: AnyResponse): Exchange {
  if (response instanceof Http2ServerResponse || request instanceof Http2ServerRequest) {
    return new Http2Exchange(request as Http2ServerRequest, response as Http2ServerResponse);
  }
  return new Http1Exchange(request, response);
}
