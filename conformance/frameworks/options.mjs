// @ts-check
/** How `processing()` is mounted before a framework's own tests. */

/** Each request may become an operation, or does at once. @param {string | undefined} mode */
export function optionsFor(mode) {
  const when = () => true;
  return { when, warn: () => undefined, ...(mode === "operations" ? { expects: "1m" } : {}) };
}
