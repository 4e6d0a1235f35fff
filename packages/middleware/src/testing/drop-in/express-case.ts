/** How the cases of Express are written. */
import type { Express, NextFunction, Request, Response } from "express";
import { type DropInCase, type DropInRequest, dropIn, type Log } from "./drop-in.ts";

export type ExpressCase = DropInCase<Express>;

export function answers(
  name: string,
  handler: (request: Request, response: Response, log: Log) => unknown,
  request: DropInRequest = {},
): ExpressCase {
  const add = (app: Express, log: Log): void => {
    app.use((request, response, next: NextFunction) => {
      try {
        handler(request, response, log);
      } catch (error) {
        next(error);
      }
    });
  };
  return { name, add, request, logs: handler.length > 2 };
}

export function withSettings(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  handler: (request: Request, response: Response) => unknown,
  request: DropInRequest = {},
): ExpressCase {
  return dropIn(
    name,
    (app) => {
      for (const [setting, value] of Object.entries(settings)) app.set(setting, value);
      app.use((request, response) => void handler(request, response));
    },
    request,
  );
}
