import { makeTestDisk } from "../testing/disk.ts";
import { describeContract } from "../testing/tree-contract.ts";

describeContract("a folder keeps the contract of trees", () => makeTestDisk());
