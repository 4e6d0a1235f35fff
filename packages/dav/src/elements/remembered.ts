/** In characters. */
const longestKept = 2048;
const mostKept = 128;

/**
 * The same function, which remembers what it made of some short texts: a client sends the same ones again and again. What
 * it throws is not remembered. The result must not be changed by anybody.
 */
export function remembered<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = parse(text);
    if (text.length > longestKept) return result;
    if (known.size >= mostKept) known.clear();
    known.set(text, result);
    return result;
  };
}
