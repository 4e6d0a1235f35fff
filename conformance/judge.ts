/** Tests that need a judge, or something that not every machine can do. */
import { describe, type TestContext, type TestOptions, test } from "vitest";
import { abilities } from "./abilities.ts";
import { type Found, findJudge } from "./judges/find-judge.mjs";
import { judgeTable } from "./judges/judge-table.mjs";

export type JudgeName = keyof typeof judgeTable;
export type Need = JudgeName | keyof typeof abilities;

export interface Judge {
  readonly program: string;
  readonly version: string;
}

const hint = "`npm run judges` installs it from Debian's packages";
/** A machine does not change while tests run. */
const judges = new Map<JudgeName, Found>();
const refusals = new Map<keyof typeof abilities, string | undefined>();

/**
 * A judge that is on this machine.
 *
 * @throws an error with the reason where it is not
 */
export function judge(name: JudgeName): Judge {
  const found = lookFor(name);
  if ("missing" in found) throw new Error(refusalOf(name));
  return found;
}

/** Why some of these are not to be had on this machine; undefined where all are. */
export function missing(needs: readonly Need[]): string | undefined {
  const reasons = needs.map(refusalOf).filter((reason) => reason !== undefined);
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

/**
 * Describes tests that need judges or abilities. Where one is missing they are skipped, and the group's name has the
 * reason; under CI=true a test fails with it.
 */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const reason = missing(needs);
  if (reason === undefined) {
    describe(title, body);
    return;
  }
  describe.skip(`${title} [skipped: ${reason}]`, body);
  if (process.env["CI"] === "true") {
    test(`${title}: what it needs is here`, () => {
      throw new Error(reason);
    });
  }
}

/** A test that needs judges or abilities: skipped with the reason where one is missing, failed under CI=true. */
export function testWith(
  needs: readonly Need[],
  name: string,
  body: (context: TestContext) => unknown,
  options: TestOptions = {},
): void {
  const reason = missing(needs);
  test(name, options, (context) => {
    if (reason === undefined) return body(context) as Promise<void> | undefined;
    if (process.env["CI"] === "true") throw new Error(reason);
    return context.skip(reason);
  });
}

/** Why it is not to be had; undefined where it is. */
function refusalOf(need: Need): string | undefined {
  if (isAbility(need)) {
    if (!refusals.has(need)) refusals.set(need, abilities[need]());
    const refusal = refusals.get(need);
    return refusal === undefined ? undefined : `${need} is missing: ${refusal}`;
  }
  const found = lookFor(need);
  return "missing" in found ? `${need} is missing: ${found.missing} (${hint})` : undefined;
}

function isAbility(need: Need): need is keyof typeof abilities {
  return need in abilities;
}

function lookFor(name: JudgeName): Found {
  const found = judges.get(name) ?? findJudge(judgeTable[name]);
  judges.set(name, found);
  return found;
}
