import { testRecovery } from "../testing/recovery.ts";

testRecovery("each");
