import { copyCases } from "./tree-copy-cases.ts";
import { keptDraftCases } from "./tree-kept-draft-cases.ts";
import { memberCases } from "./tree-member-cases.ts";
import { moveCases } from "./tree-move-cases.ts";
import { nameCases } from "./tree-name-cases.ts";
import { propertyCases } from "./tree-property-cases.ts";
import { readingCases } from "./tree-reading-cases.ts";
import { removeCases } from "./tree-remove-cases.ts";
import { seenCases } from "./tree-seen-cases.ts";
import { spellingCases } from "./tree-spelling-cases.ts";
import type { TreeCase } from "./tree-subject.ts";
import { writingCases } from "./tree-writing-cases.ts";

/** What every `Tree` promises. */
export const treeContract: readonly TreeCase[] = [
  ...readingCases,
  ...memberCases,
  ...writingCases,
  ...keptDraftCases,
  ...nameCases,
  ...propertyCases,
  ...copyCases,
  ...moveCases,
  ...removeCases,
  ...seenCases,
  ...spellingCases,
];
