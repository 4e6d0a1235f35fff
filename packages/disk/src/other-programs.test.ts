import { testOtherPrograms } from "./test-other-programs.ts";

testOtherPrograms("some");
