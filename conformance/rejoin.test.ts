import { test } from "vitest";
import { describeWith } from "./judge.ts";
import { expectOneOperation, rejoinScene, requestsOf } from "./rejoin-scene.ts";

describeWith(["curl"], "curl --retry --retry-all-errors through a proxy that cuts connections", () => {
  const scene = rejoinScene();

  test.each(requestsOf(scene).slice(0, 1))(
    "%s, cut while it runs: one operation, and its answer",
    async (...request) => {
      await expectOneOperation(scene, request);
    },
  );
});
