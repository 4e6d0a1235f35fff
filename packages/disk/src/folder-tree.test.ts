import { makeTestDisk } from "./test-disk.ts";
import { describeContract } from "./test-tree-contract.ts";

describeContract("a folder keeps the contract of trees", () => makeTestDisk());
