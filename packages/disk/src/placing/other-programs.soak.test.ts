import { testOtherPrograms } from "../testing/crash/other-programs.ts";

testOtherPrograms("every");
