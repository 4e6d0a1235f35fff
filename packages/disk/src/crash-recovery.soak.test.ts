import { testRecovery } from "./test-recovery.ts";

testRecovery("each");
