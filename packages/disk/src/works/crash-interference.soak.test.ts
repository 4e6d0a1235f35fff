import { testInterference } from "../testing/crash/interference.ts";

testInterference("every");
