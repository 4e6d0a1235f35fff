import { describeSpellings } from "../testing/spellings.ts";

describeSpellings();
