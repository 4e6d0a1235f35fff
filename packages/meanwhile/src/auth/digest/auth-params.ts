/** The parameters of an Authorization field (RFC 9110 §11.2): `name=token` and `name="quoted string"`. */

/** A parameter's value, and how it stood between its quotes, backslashes and all. */
export interface AuthParam {
  readonly value: string;
  readonly raw: string;
}

export type AuthParams = ReadonlyMap<string, AuthParam>;

/** More parameters than any scheme has. */
const mostAuthParams = 32;

const param =
  /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?:,|$)|[ \t]*,/y;

/**
 * Parses the parameters that follow a scheme. Names come in lower case; commas within quotes separate nothing.
 * @returns undefined where they are malformed, or one is there twice
 */
export function parseAuthParams(text: string): AuthParams | undefined {
  const params = new Map<string, AuthParam>();
  let position = 0;
  const end = text.trimEnd().length;
  while (position < end) {
    param.lastIndex = position;
    const match = param.exec(text);
    if (match === null) return undefined;
    position = param.lastIndex;
    const [, name, quoted, token] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    // RFC 9110 §11.2: "the parameter name ... MUST only occur once per challenge".
    if (params.has(key) || params.size === mostAuthParams) return undefined;
    const raw = quoted ?? token ?? "";
    params.set(key, { raw, value: quoted === undefined ? raw : quoted.replace(/\\(.)/gs, "$1") });
  }
  return params;
}
