import { describeSpellings } from "../testing/spellings.ts";

describeSpellings(/spelling|listed|MOVE|name/);
