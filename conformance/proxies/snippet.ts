import { readFileSync } from "node:fs";

const page = new URL("../../docs/how-to/proxies.md", import.meta.url);

/**
 * The configuration that docs/how-to/proxies.md gives for a proxy: the only block of that language.
 *
 * @throws an error where there is none, or more than one
 */
export function snippetOf(language: string): string {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const [found, ...more] = blocks.filter(([, name]) => name === language);
  if (found?.[2] === undefined || more.length > 0) {
    throw new Error(`docs/how-to/proxies.md has ${found ? "several blocks" : "no block"} of ${language}`);
  }
  return found[2];
}

/**
 * Puts something else in the place of a part of the snippet.
 *
 * @throws an error where the page has no such part any more
 */
export function exchange(snippet: string, part: string, other: string): string {
  if (!snippet.includes(part)) throw new Error(`${part} is not in docs/how-to/proxies.md`);
  return snippet.replaceAll(part, other);
}
