/** How the cases of Fastify are written. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DropInCase, DropInRequest, Log } from "./drop-in.ts";

export type FastifyCase = DropInCase<FastifyInstance>;

/** GET and POST of /. */
export function answers(
  name: string,
  handler: (request: FastifyRequest, reply: FastifyReply, log: Log) => unknown,
  request: DropInRequest = {},
): FastifyCase {
  const add = (app: FastifyInstance, log: Log): void => {
    app.route({
      method: ["GET", "POST"],
      url: "/",
      handler: async (request, reply) => (await handler(request, reply, log)) ?? reply,
    });
  };
  return { name, add, request, logs: handler.length > 2 };
}

export const json: Readonly<Record<string, string>> = { "Content-Type": "application/json" };

export function post(content: string, fields: DropInRequest["fields"] = json): DropInRequest {
  return { method: "POST", fields: fields ?? {}, content };
}

export function failing(message = "kaboom", more: object = {}): Error {
  return Object.assign(new Error(message), more);
}
