/** Transcripts in documentation: what is typed after `$ `, and what comes then. */

export interface TranscriptStep {
  /** Counted from one; where the command stands in the page. */
  readonly line: number;
  readonly command: string;
  readonly output: readonly string[];
}

/** The steps of all blocks that begin with a command, in their order. */
export function transcriptSteps(page: string): readonly TranscriptStep[] {
  const steps: { line: number; command: string; output: string[] }[] = [];
  let inBlock = false;
  let inTranscript = false;
  for (const [index, text] of page.split("\n").entries()) {
    if (text.startsWith("```")) {
      inBlock = !inBlock;
      inTranscript = false;
    } else if (inBlock && text.startsWith("$ ")) {
      inTranscript = true;
      steps.push({ line: index + 1, command: text.slice(2), output: [] });
    } else if (inTranscript) {
      steps.at(-1)?.output.push(text);
    }
  }
  return steps;
}

/** The words of a command, as a shell takes them apart: white space, single and double quotes. */
export function shellWords(command: string): readonly string[] {
  return [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""),
  );
}
