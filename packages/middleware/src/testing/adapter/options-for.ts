/** Options that look at Node's request, for frameworks whose own request is another one. */
import type { AnyRequest } from "@meanwhile/interim";
import type { FastifyRequest } from "fastify";
import type { Context as HonoContext } from "hono";
import type { Context as KoaContext } from "koa";
import type { HonoEnvironment } from "../../hono.ts";
import type { ProcessingOptions } from "../../request/options.ts";

export function fastifyOptions(options: ProcessingOptions = {}): ProcessingOptions<FastifyRequest> {
  return optionsFor(options, ({ raw }) => raw);
}

export function honoOptions(
  options: ProcessingOptions = {},
): ProcessingOptions<HonoContext<HonoEnvironment>> {
  return optionsFor(options, ({ env }) => env.incoming);
}

export function koaOptions(options: ProcessingOptions = {}): ProcessingOptions<KoaContext> {
  return optionsFor(options, ({ req }) => req);
}

function optionsFor<Own>(
  { when, principal, ...others }: ProcessingOptions,
  raw: (own: Own) => AnyRequest,
): ProcessingOptions<Own> {
  return {
    ...others,
    ...(when && { when: (own: Own) => when(raw(own)) }),
    ...(principal && { principal: (own: Own) => principal(raw(own)) }),
  };
}
