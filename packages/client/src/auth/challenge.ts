/** The `WWW-Authenticate` field (RFC 9110 §11.6.1). */

export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By name, in lower case; of one that is given twice, the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The challenges of one or more fields, in their order. What cannot be read ends the reading: what came before it counts.
 * A token68 (§11.2) is passed over; none of our schemes has one.
 */
export function parseChallenges(value: string | null): readonly Challenge[] {
  const text = (value ?? "").slice(0, lengthLimit);
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < text.length && challenges.length < challengeLimit) {
    at += matchAt(/[\s,]*/y, text, at)?.[0].length ?? 0;
    // Within a challenge a parameter, else the next scheme: it is followed by "=" or not.
    const parameter = matchAt(
      /([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))(?=\s*(?:,|$))/y,
      text,
      at,
    );
    const current = challenges.at(-1);
    if (parameter !== undefined && current !== undefined) {
      const [all, name = "", quoted, token] = parameter;
      const key = name.toLowerCase();
      if (!current.parameters.has(key))
        current.parameters.set(key, quoted?.replace(/\\(.)/g, "$1") ?? token ?? "");
      at += all.length;
      continue;
    }
    const scheme = matchAt(
      /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))|\s+|(?=,|$))/y,
      text,
      at,
    );
    if (scheme === undefined) break;
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: new Map() });
    at += scheme[0].length;
  }
  return challenges;
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | undefined {
  form.lastIndex = at;
  return form.exec(text) ?? undefined;
}

const lengthLimit = 16_384;
const challengeLimit = 16;
