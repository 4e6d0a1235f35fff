import { testUpgradeKills } from "../testing/upgrade-kills.ts";

testUpgradeKills("each");
