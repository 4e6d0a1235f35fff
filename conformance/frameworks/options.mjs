// @ts-check
/** How `processing()` is mounted before a framework's own tests. */

/** Each request may become an operation, or does at once. @param {string | undefined} mode */
export function optionsFor(mode) {
  const when = () => true;
  // Their apps close while handlers run that never answer.
  const closeWithin = 0;
  return { when, closeWithin, warn: () => undefined, ...(mode === "operations" ? { expects: "1m" } : {}) };
}
