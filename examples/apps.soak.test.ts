import { describe } from "vitest";
import { apps, describeBreaking, makeRoot } from "./describe-apps.ts";

makeRoot();
describe.each(apps)("%s", (_name, make) => describeBreaking(make));
