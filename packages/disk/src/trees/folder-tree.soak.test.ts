import { describeContract, makeParts } from "../testing/tree-contract.ts";

describeContract("a folder keeps the contract of trees where files cannot be held by descriptors", () =>
  makeParts({ pinning: false, slow: false }),
);

describeContract("a folder keeps the contract of trees on a slow disk", () =>
  makeParts({ pinning: process.platform === "linux", slow: true }),
);
