import { testInterference } from "./test-interference.ts";

testInterference("every");
