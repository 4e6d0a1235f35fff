/** The language that the page speaks: the first that the browser prefers and the page knows. */
import { english, type Words } from "./english.ts";

export type { Words } from "./english.ts";

const languages: Readonly<Record<string, () => Promise<Words>>> = {
  en: async () => english,
  de: async () => (await import("./german.ts")).german,
};

/** English comes with the page, others are loaded. @param preferred as `navigator.languages` */
export async function chooseWords(preferred: readonly string[]): Promise<Words> {
  for (const language of preferred) {
    const load = languages[language.split("-")[0]?.toLowerCase() ?? ""];
    // Of the same language, numbers and dates are written as in the country.
    if (load !== undefined) return { ...(await load()), language };
  }
  return english;
}
