/** The parts of a form (`multipart/form-data`, RFC 7578), one after the other, as they come. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { badRequest, DavError } from "@meanwhile/dav";
import type { RequestContent } from "../request/dav-request.ts";
import { readText } from "../request/request-content.ts";
import type { RequestFields } from "../request/request-fields.ts";

/** One part of a form. */
export type FormPart =
  | { readonly kind: "field"; readonly field: string; readonly text: string }
  /** Without a name: no file was chosen, or its browser gives none. */
  | { readonly kind: "file"; readonly name: string; readonly content: RequestContent };

/** How much of a form is read; what is beyond that fails it, and no memory is taken for it. */
export const formLimits = {
  files: 1000,
  fields: 20,
  parts: 1020,
  fieldSize: 4096,
  headerPairs: 20,
  headerSize: 16_384,
};

/** Whether a POST has the content of a form with files. */
export function hasForm({ mediaType }: RequestFields): boolean {
  return mediaType === "multipart/form-data";
}

/**
 * Gives each part to `take`, in order, and waits for it; what it leaves of a file is passed over.
 *
 * @throws {DavError} 400 where the form is malformed, or was broken off: the file at which that happened fails by it, too;
 *   413 where it has more than is taken
 */
export async function readForm(
  content: RequestContent,
  fields: RequestFields,
  take: (part: FormPart) => Promise<void>,
): Promise<void> {
  const parser = openParser(fields);
  const files = new Set<Readable>();
  let excess: DavError | undefined;
  const refuse = (): void => {
    excess ??= new DavError(413, `a form may have ${formLimits.files} files and ${formLimits.fields} fields`);
  };
  let taken = Promise.resolve();
  const inTurn = (part: FormPart): Promise<void> => {
    taken = taken.then(() => take(part));
    // It is heard of at the end.
    return taken.catch(() => undefined);
  };
  parser.on("partsLimit", refuse).on("filesLimit", refuse).on("fieldsLimit", refuse);
  parser.on("field", (field, text, _nameIsCut, isCut) => {
    if (isCut) refuse();
    else void inTurn({ kind: "field", field: field ?? "", text });
  });
  parser.on("file", (_field, file, name) => {
    files.add(file);
    // The parser tells of what is broken without ending the stream.
    file.on("error", (cause) => file.destroy(cause));
    void inTurn({ kind: "file", name: name ?? "", content: fileContent(file) }).then(() => {
      files.delete(file);
      file.resume();
    });
  });
  try {
    await pipeline(Readable.from(content.stream(), { objectMode: false }), parser);
  } catch (cause) {
    const failure =
      cause instanceof DavError ? cause : badRequest("the form is malformed or broken off", cause);
    for (const file of files) file.destroy(failure);
    await taken;
    throw failure;
  }
  await taken;
  if (excess) throw excess;
}

function openParser({ raw }: RequestFields): InstanceType<typeof Busboy> {
  try {
    // A path in a file's name is for the reader to refuse, and not cut off unseen.
    return new Busboy({
      headers: { ...raw, "content-type": raw["content-type"] ?? "" },
      preservePath: true,
      limits: formLimits,
    });
  } catch (cause) {
    throw badRequest("the form has no boundary", cause);
  }
}

function fileContent(file: Readable): RequestContent {
  async function* stream(): AsyncGenerator<Uint8Array> {
    try {
      yield* file.iterator({ destroyOnReturn: false });
    } catch (cause) {
      throw cause instanceof DavError ? cause : badRequest("the file was broken off", cause);
    }
  }
  const length = undefined;
  return { length, stream, text: (limit) => readText({ length, stream }, limit) };
}
