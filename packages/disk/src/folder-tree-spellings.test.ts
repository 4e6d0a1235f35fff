import { describeSpellings } from "./test-spellings.ts";

describeSpellings(/spelling|listed|MOVE|name/);
