import { testRecovery } from "../testing/crash/recovery.ts";

testRecovery("every fifth");
