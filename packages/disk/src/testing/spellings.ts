import { describeContract, makeParts } from "./tree-contract.ts";

const parts = { pinning: process.platform === "linux", slow: false };

/** The contract of trees on layers that take several spellings of a name. @param only the cases of these names */
export function describeSpellings(only?: RegExp): void {
  describeContract(
    "a folder keeps the contract of trees where the case of names does not matter",
    () => makeParts({ ...parts, form: (name) => name.toLowerCase() }),
    {
      caseSensitive: undefined,
      // A letter and the sign that looks like it have one small letter.
      normalizationSensitive: undefined,
      respell: (name) => name.toUpperCase(),
    },
    only,
  );
  describeContract(
    "a folder keeps the contract of trees where the composition of names does not matter",
    () => makeParts({ ...parts, form: (name) => name.normalize("NFC") }),
    { normalizationSensitive: undefined, respell: (name) => name.normalize("NFD") },
    only,
  );
}
