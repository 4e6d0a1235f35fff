import { testRecovery } from "./test-recovery.ts";

testRecovery("every fifth");
