/** What Fastify answers, in the ways that its documentation tells of. */
import { fastifyAppCases } from "./fastify-app-cases.ts";
import type { FastifyCase } from "./fastify-case.ts";
import { fastifyHookCases } from "./fastify-hook-cases.ts";
import { fastifyReplyCases } from "./fastify-reply-cases.ts";

/** @param file with 300,000 bytes */
export function fastifyCases(file: string): readonly FastifyCase[] {
  return [...fastifyReplyCases(file), ...fastifyHookCases(file), ...fastifyAppCases()];
}
