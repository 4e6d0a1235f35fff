import { testOtherPrograms } from "../testing/other-programs.ts";

testOtherPrograms("some");
