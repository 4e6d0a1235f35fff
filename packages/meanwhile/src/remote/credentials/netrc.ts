/** `~/.netrc`, where curl, ftp and others look for logins. */

export interface NetrcEntry {
  readonly login?: string;
  readonly password?: string;
}

/** What is wrong with the file, by its line. */
export class NetrcError extends Error {
  override readonly name = "NetrcError";
}

interface Word {
  readonly text: string;
  readonly line: number;
}

/**
 * Finds the login for a host: the first `machine` of that name (case does not matter) that has this login, if one is
 * given; else `default`, which ends the file.
 * @throws {NetrcError} where the file cannot be understood up to there
 */
export function findNetrcEntry(content: string, host: string, login?: string): NetrcEntry | undefined {
  const words = wordsOf(content);
  let index = 0;
  const next = (after: Word): Word => {
    const word = words[index];
    index += 1;
    // Its value may be on the line after, as all white space counts alike.
    if (word === undefined) throw new NetrcError(`line ${after.line}: ${after.text} needs a value`);
    return word;
  };
  let word = words[index];
  while (word !== undefined) {
    index += 1;
    if (word.text === "macdef") {
      // Left out by wordsOf(), with its name.
      word = words[index];
      continue;
    }
    if (word.text !== "machine" && word.text !== "default") {
      throw new NetrcError(`line ${word.line}: machine or default is expected there`);
    }
    const isDefault = word.text === "default";
    const machine = isDefault ? undefined : next(word).text;
    const entry: { login?: string; password?: string } = {};
    for (word = words[index]; word !== undefined; word = words[index]) {
      if (word.text === "login" || word.text === "password" || word.text === "account") {
        index += 1;
        const value = next(word).text;
        if (word.text !== "account") entry[word.text] = value;
      } else if (word.text === "machine" || word.text === "default" || word.text === "macdef") {
        break;
      } else {
        throw new NetrcError(`line ${word.line}: login or password is expected there`);
      }
    }
    const sameHost = isDefault || machine?.toLowerCase() === host.toLowerCase();
    if (sameHost && (login === undefined || entry.login === undefined || entry.login === login)) return entry;
    if (isDefault) return undefined;
  }
  return undefined;
}

/** Words between white space; in double quotes, with \" \\ \n \r \t, also with white space in them, as curl has it. */
function wordsOf(content: string): readonly Word[] {
  const words: Word[] = [];
  const lines = content.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  let inMacro = false;
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    // A macro goes on to the next empty line.
    if (inMacro) {
      inMacro = text.trim() !== "";
      continue;
    }
    if (/^\s*#/.test(text)) continue;
    const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|([^\s"]\S*))/y;
    const end = text.trimEnd().length;
    while (pattern.lastIndex < end) {
      const at = pattern.lastIndex;
      const found = pattern.exec(text);
      if (found === null)
        throw new NetrcError(`line ${line}: a quote that does not end, at column ${at + 1}`);
      const [, quoted, plain = ""] = found;
      words.push({ text: quoted === undefined ? plain : unescaped(quoted), line });
      if (quoted === undefined && plain === "macdef") {
        inMacro = true;
        break;
      }
    }
  }
  return words;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
}
