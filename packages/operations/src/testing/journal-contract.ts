import { keepingCases } from "./journal-keeping-cases.ts";
import { reopenCases } from "./journal-reopen-cases.ts";
import { retentionCases } from "./journal-retention-cases.ts";
import { secretCases } from "./journal-secret-cases.ts";
import type { JournalCase } from "./journal-subject.ts";

/** What every `Journal` promises. Cases that need "reopen" are for journals that outlive their process. */
export const journalContract: readonly JournalCase[] = [
  ...keepingCases,
  ...retentionCases,
  ...secretCases,
  ...reopenCases,
];
