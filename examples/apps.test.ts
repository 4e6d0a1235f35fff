import { describe } from "vitest";
import { apps, describeApp, describeBreaking, makeRoot } from "./describe-apps.ts";

makeRoot();
describe.each(apps)("%s", (name, make) => {
  describeApp(make);
  // The others are in apps.soak.test.ts.
  if (name === "node:http") describeBreaking(make);
});
