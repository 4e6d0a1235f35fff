import { describeSpellings } from "./test-spellings.ts";

describeSpellings();
