import { describeExfat } from "../testing/exfat.ts";

/** One of each kind; exfat.soak.test.ts has all. */
const first = [
  "another spelling puts no second document there",
  "every spelling is listed under one path",
  "MOVE to another spelling of the name, without Overwrite, changes the name alone (§9.9)",
  "a draft that may replace what was seen replaces nothing else",
];

describeExfat((name) => first.includes(name));
