import { testRecovery } from "../testing/recovery.ts";

testRecovery("every fifth");
