/**
 * The forms of a listing, for browsers without script: files to upload, and a folder to make. Each part is the PUT or MKCOL
 * that it stands for, and nothing that is there is replaced.
 */
import { setMaxListeners } from "node:events";
import { DavError, encodePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import type { Work } from "@meanwhile/operations";
import { type Answer, empty } from "../http/answer.ts";
import { errorAnswer, toDavError } from "../http/error-answer.ts";
import type { ChangeMethod } from "../methods/change.ts";
import { mkcol } from "../methods/mkcol.ts";
import { put } from "../methods/put.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest, RequestContent } from "../request/dav-request.ts";
import { RequestFields } from "../request/request-fields.ts";
import { serveChange } from "../serve/serve-change.ts";
import { isMemberName, memberRequest, requireCollection } from "../target/new-member.ts";
import { type FormPart, readForm } from "./form-parts.ts";

/** The field that names a new folder. */
export const folderField = "folder";

/**
 * Leads back to the collection where all of the form was done; else says what was not, by name, and what was.
 *
 * @throws {DavError} 403, 404, 405 where nothing can be made there
 */
export async function serveForm(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  options: PipelineOptions,
): Promise<Handled> {
  await requireCollection(request, options.context);
  // Each of its operations looks whether the client is still there.
  setMaxListeners(0, request.exchange.closed, exchange.response);
  const made: string[] = [];
  const failures: Failure[] = [];
  let interims = 0;
  // The fields of the form's request are about the form: its length, its digest, what it is joined by.
  const base = { ...request, fields: new RequestFields({}) };

  const make = async (method: "PUT" | "MKCOL", name: string, content: RequestContent): Promise<void> => {
    let failure: unknown;
    const change: ChangeMethod = async (member, context) => {
      const ending = await (method === "PUT" ? put : mkcol)(member, context);
      const told = (work: Work): Promise<Answer> =>
        ending(work).catch((error: unknown) => {
          failure = error;
          throw error;
        });
      return Object.assign(told, ending.discard ? { discard: ending.discard } : {});
    };
    try {
      if (!isMemberName(name)) throw new DavError(400, "this is not a valid name");
      const member = await memberRequest(base, options.context, method, name);
      const handled = await serveChange(exchange, connection, { ...member, content }, change, options, {
        spent: { count: interims },
      });
      interims = handled.interims ?? interims;
      // A form is not repeated part by part: the answers of its parts need not be kept.
      handled.afterwards?.();
      if (handled.answer.status < 300) made.push(name);
      else failures.push({ name, error: failedBy(failure, handled.answer.status, method) });
    } catch (error) {
      failures.push({ name, error: toDavError(error, method) });
    }
  };

  const take = async (part: FormPart): Promise<void> => {
    if (part.kind === "file") {
      if (part.name !== "") return make("PUT", part.name, part.content);
      for await (const chunk of part.content.stream()) {
        if (chunk.length === 0) continue;
        failures.push({ name: "", error: new DavError(400, "a file has no name") });
        return;
      }
    } else if (part.field === folderField) {
      await make("MKCOL", part.text.trim(), noContent);
    }
  };
  try {
    await readForm(request.content, request.fields, take);
  } catch (error) {
    failures.push({ name: "", error: toDavError(error, "POST") });
  }
  if (made.length === 0 && failures.length === 0) {
    failures.push({ name: "", error: new DavError(400, "no file was chosen") });
  }
  const [first] = failures;
  if (first === undefined) {
    const place = request.prefix + encodePath(request.path, true);
    return { answer: empty(303, { Location: place, "Cache-Control": "no-store" }), interims };
  }
  const status = isThere(first.error) ? 409 : first.error.status;
  const error = new DavError(status, sentences(made, failures), {
    cause: first.error.cause,
    ...(first.error.fields ? { fields: first.error.fields } : {}),
  });
  return { answer: errorAnswer(error, "GET"), interims, ...(status >= 500 ? { error } : {}) };
}

interface Failure {
  /** "": of the form as a whole. */
  readonly name: string;
  readonly error: DavError;
}

const noContent: RequestContent = {
  length: 0,
  async *stream() {},
  text: async () => "",
};

function failedBy(failure: unknown, status: number, method: string): DavError {
  return failure === undefined ? new DavError(status, "this did not work") : toDavError(failure, method);
}

/** A PUT finds that its condition does not hold, and a MKCOL what it would make. */
function isThere({ status }: DavError): boolean {
  return status === 412 || status === 405;
}

function sentences(made: readonly string[], failures: readonly Failure[]): string {
  const there = failures.filter(({ error }) => isThere(error)).map(({ name }) => name);
  const others = failures.filter(({ error }) => !isThere(error));
  const more = others.length - mostTold;
  return [
    there.length === 0 ? "" : `There already, and left as it was: ${listed(there)}.`,
    ...others
      .slice(0, mostTold)
      .map(({ name, error }) => (name === "" ? `${error.message}.` : `${listed([name])}: ${error.message}.`)),
    more > 0 ? `${more} more failed.` : "",
    made.length === 0 ? "" : `Done: ${listed(made)}.`,
  ]
    .filter((text) => text !== "")
    .join(" ");
}

/** Names beyond these are only counted. */
const mostTold = 20;

function listed(names: readonly string[]): string {
  const more = names.length - mostTold;
  const shown = names.slice(0, mostTold).map((name) => `"${name.slice(0, 300)}"`);
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
