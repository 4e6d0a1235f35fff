import { testUpgradeKills } from "../testing/crash/upgrade-kills.ts";

testUpgradeKills("each");
