import { sharedEngineCases } from "./shared-engine-cases.ts";
import { sharedJournalCases } from "./shared-journal-cases.ts";
import type { SharedJournalCase } from "./shared-journal-subject.ts";

/** What every journal promises that several processes share, alone and under their engines. */
export const sharedJournalContract: readonly SharedJournalCase[] = [
  ...sharedJournalCases,
  ...sharedEngineCases,
];
