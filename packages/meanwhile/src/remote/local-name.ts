/** The name that a document gets on this machine, where none was given. */
import { wrongUsage } from "../command-error.ts";
import { encodedName, nameOfUrl, shownUrl } from "./remote-url.ts";

/**
 * The last name of the URL, where a file can have it and it leads nowhere else.
 * @throws {CommandError} where it cannot
 */
export function localNameOf(url: URL): string {
  const name = nameOfUrl(url);
  const harmless =
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    !/[/\\\u0000-\u001F\u007F]/.test(name) &&
    encodedName(url).length <= 1024;
  if (!harmless)
    throw wrongUsage(`${shownUrl(url)}: say as which file, for it has no name that a file can have`);
  return name;
}
