import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DavError } from "../error.ts";
import { type IfCondition, type IfHeader, ifHeaderLimits, parseIf, submittedTokens } from "./if-header.ts";

const token = (uri: string, not = false): IfCondition => ({ kind: "token", token: uri, not });
const etag = (tag: string, not = false): IfCondition => ({ kind: "etag", etag: tag, not });
const a = "urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2";
const b = "urn:uuid:58f202ac-22cf-11d1-b12d-002035b29092";

describe("parseIf reads the examples of RFC 4918", () => {
  test("no header: nothing", () => {
    expect(parseIf(undefined)).toBeUndefined();
  });

  test("§10.4.6 no-tag production", () => {
    expect(parseIf(`(<${a}> ["I am an ETag"]) (["I am another ETag"])`)).toEqual({
      lists: [
        { resource: undefined, conditions: [token(a), etag('"I am an ETag"')] },
        { resource: undefined, conditions: [etag('"I am another ETag"')] },
      ],
    });
  });

  test('§10.4.7 "Not" with no-tag production', () => {
    expect(parseIf(`(Not <${a}> <${b}>)`)).toEqual({
      lists: [{ resource: undefined, conditions: [token(a, true), token(b)] }],
    });
  });

  test("§10.4.8 a condition that is always true", () => {
    expect(parseIf(`(<${a}>) (Not <DAV:no-lock>)`)).toEqual({
      lists: [
        { resource: undefined, conditions: [token(a)] },
        { resource: undefined, conditions: [token("DAV:no-lock", true)] },
      ],
    });
  });

  test("§10.4.9 tagged list in COPY", () => {
    expect(
      parseIf(
        `</resource1> (<${a}> [W/"A weak ETag"]) (["strong ETag"])\t<http://www.example.com/specs/> (<${b}>)`,
      ),
    ).toEqual({
      lists: [
        { resource: "/resource1", conditions: [token(a), etag('W/"A weak ETag"')] },
        { resource: "/resource1", conditions: [etag('"strong ETag"')] },
        { resource: "http://www.example.com/specs/", conditions: [token(b)] },
      ],
    });
  });

  test("§10.4.11 ETags on unmapped URLs", () => {
    expect(parseIf('</specs/rfc2518.doc> (["4217"])')).toEqual({
      lists: [{ resource: "/specs/rfc2518.doc", conditions: [etag('"4217"')] }],
    });
    expect(parseIf('</specs/rfc2518.doc> (Not ["4217"])')).toEqual({
      lists: [{ resource: "/specs/rfc2518.doc", conditions: [etag('"4217"', true)] }],
    });
  });
});

describe("parseIf (RFC 4918 §10.4.2)", () => {
  test.each([
    [`(<${a}>)`, [token(a)]],
    [`  (  <${a}>  )  `, [token(a)]],
    [`(<${a}><${b}>)`, [token(a), token(b)]],
    [`(NOT<${a}>not["x"])`, [token(a, true), etag('"x"', true)]],
    ['([""])', [etag('""')]],
    ['(["a)b]c<d>"])', [etag('"a)b]c<d>"')]],
    ['( [ "x" ] )', [etag('"x"')]],
    ['([W/"\u00FF"])', [etag('W/"\u00FF"')]],
    ['(["back\\"])', [etag('"back\\"')]],
  ])("%s", (value, conditions) => {
    expect(parseIf(value)).toEqual({ lists: [{ resource: undefined, conditions }] });
  });

  test.each([
    "",
    " ",
    "()",
    "( )",
    "(",
    ")",
    "(Not)",
    `(Not Not <${a}>)`,
    `(<${a}>`,
    `<${a}>`,
    `</a>`,
    `</a> </b> (<${a}>)`,
    `</a> (<${a}>) </b>`,
    `(<${a}>) </a> (<${a}>)`,
    `(<${a}>), (<${b}>)`,
    `(<${a}>, <${b}>)`,
    `(<${a}>) x`,
    `((<${a}>))`,
    "(<>)",
    "(<token>)",
    "(<urn:a b>)",
    "(<urn:<a>)",
    "<> (<urn:a>)",
    "<a b> (<urn:a>)",
    "([x])",
    "([])",
    '(["x)',
    '(["x"',
    '(["x" "y"])',
    '([w/"x"])',
    "([W/x])",
    '(["x\n"])',
    '(["x\u0000"])',
    "(urn:a)",
    "*",
    `Not (<${a}>)`,
    `(\u00A0<${a}>)`,
    `(<${a}>\n)`,
  ])("%j is refused with 400", (value) => {
    expect(() => parseIf(value)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("reads as many lists as its limit says, and refuses one more", () => {
    const list = `(<${a}>)`;
    expect(parseIf(list.repeat(ifHeaderLimits.lists))?.lists).toHaveLength(ifHeaderLimits.lists);
    expect(() => parseIf(list.repeat(ifHeaderLimits.lists + 1))).toThrow("too many lists");
    expect(() => parseIf(`</a>${list}`.repeat(ifHeaderLimits.lists + 1))).toThrow("too many lists");
  });

  test("reads as many conditions as its limit says, and refuses one more, in one list or in all", () => {
    const conditions = (count: number): string => "<a:b>".repeat(count);
    const most = ifHeaderLimits.conditions;
    expect(parseIf(`(${conditions(most)})`)?.lists[0]?.conditions).toHaveLength(most);
    expect(() => parseIf(`(${conditions(most + 1)})`)).toThrow("too many conditions");
    expect(() => parseIf(`(${conditions(most)})(<a:b>)`)).toThrow("too many conditions");
  });

  test("what is written by the grammar is read as it was meant", () => {
    const uri = fc.constantFrom(a, b, "DAV:no-lock", "opaquelocktoken:x;y=1", "http://h/%20?q");
    const opaque = fc.string({ unit: fc.constantFrom(..."ab )(][><!,;\\'\u00E9") });
    const condition = fc.oneof(
      fc.record({ kind: fc.constant("token" as const), token: uri, not: fc.boolean() }),
      fc.record({
        kind: fc.constant("etag" as const),
        etag: fc.tuple(fc.constantFrom("", "W/"), opaque).map(([weak, text]) => `${weak}"${text}"`),
        not: fc.boolean(),
      }),
    );
    const lists = fc.array(fc.array(condition, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    const header: fc.Arbitrary<IfHeader> = fc.oneof(
      lists.map((all) => ({ lists: all.map((conditions) => ({ resource: undefined, conditions })) })),
      lists.map((all) => ({
        lists: all.map((conditions, index) => ({ resource: `/r${index >> 1}`, conditions })),
      })),
    );
    fc.assert(
      fc.property(header, fc.constantFrom("", " ", "\t "), (meant, space) => {
        expect(parseIf(written(meant, space))).toEqual(meant);
      }),
    );
  });

  test("whatever comes is a header or a DavError with 400", () => {
    const piece = fc.constantFrom(
      "(",
      ")",
      "<",
      ">",
      "[",
      "]",
      '"',
      "W/",
      "Not",
      " ",
      "urn:a",
      "/a",
      ",",
      "\0",
      "\u0100",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        try {
          expect(parseIf(pieces.join(""))?.lists.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof DavError)) throw error;
          expect(error.status).toBe(400);
        }
      }),
    );
  });

  test.each(["(", "<", "[", '"', "Not ", "Not", " ", "(<a:b>)", '["', "(<", "<a:b>", "<a>("])(
    "a million characters of %j take no time to speak of",
    (piece) => {
      for (const start of ["", "(", '(["', "(<"]) {
        expect(() => parseIf(start + piece.repeat(1_000_000 / piece.length))).toThrow(DavError);
      }
    },
  );
});

describe("submittedTokens (RFC 4918 §10.4.1)", () => {
  test("are all tokens that are not negated, tagged or not, each once", () => {
    const header = parseIf(`</x> (<${a}> ["e"]) (Not <urn:c> <${a}>) </y> (<${b}>)`);
    expect([...submittedTokens(header)]).toEqual([a, b]);
  });

  test("never have DAV:no-lock among them (§10.4.8)", () => {
    expect([...submittedTokens(parseIf(`(<DAV:no-lock>) (Not <DAV:no-lock>)`))]).toEqual([]);
  });

  test("are none without a header", () => {
    expect(submittedTokens(undefined).size).toBe(0);
  });
});

/** The header as a client writes it: a tag once for the lists that share it. */
function written(header: IfHeader, space: string): string {
  let text = "";
  let tag: string | undefined;
  for (const { resource, conditions } of header.lists) {
    if (resource !== tag) text += `${space}<${resource}>${space}`;
    tag = resource;
    const inside = conditions.map((condition) => {
      const state = condition.kind === "token" ? `<${condition.token}>` : `[${condition.etag}]`;
      return `${condition.not ? `Not${space}` : ""}${state}`;
    });
    text += `(${space}${inside.join(space)}${space})${space}`;
  }
  return text;
}
