import { testInterference } from "../testing/interference.ts";

testInterference("every");
