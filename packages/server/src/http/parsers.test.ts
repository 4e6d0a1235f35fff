/**
 * Parsers of what strangers send: of whatever text, each one comes to its end, with a value or an error of its own kind.
 * A loop that makes no progress would hold up all clients; here it holds up the test.
 */
import {
  DavError,
  parseDepth,
  parseIf,
  parseLockToken,
  parseOverwrite,
  parsePath,
  parseTimeout,
} from "@meanwhile/dav";
import {
  DocumentError,
  MultistatusReader,
  parseExtendedMkcol,
  parseLockInfo,
  parsePropertyUpdate,
  parsePropfind,
  parseStatusLine,
  parseXml,
} from "@meanwhile/dav/xml";
import { parseIdempotencyKey, parsePrefer, parseProgress, parseStatusUri } from "@meanwhile/interim/fields";
import { statusMethods } from "@meanwhile/middleware/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEntityTagList } from "../conditions/entity-tag.ts";
import { contentChecks } from "../content/content-checks.ts";
import { selectRanges } from "../content/ranges.ts";
import { RequestFields } from "../request/request-fields.ts";
import { parseHttpDate } from "./http-date.ts";

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  Depth: (text) => parseDepth(text, { absent: "infinity", allowed: ["0", "1", "infinity"] }),
  Digest: (text) => contentChecks(new RequestFields({ "content-digest": text, "oc-checksum": text })),
  "entity-tag list": parseEntityTagList,
  "HTTP-date": (text) => parseHttpDate(text, 0),
  "Idempotency-Key": parseIdempotencyKey,
  If: parseIf,
  "Lock-Token": parseLockToken,
  lockinfo: parseLockInfo,
  mkcol: parseExtendedMkcol,
  multistatus: (text) => {
    const reader = new MultistatusReader();
    for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) reader.write(piece);
  },
  Overwrite: parseOverwrite,
  path: parsePath,
  Prefer: parsePrefer,
  Progress: parseProgress,
  propertyupdate: parsePropertyUpdate,
  propfind: parsePropfind,
  Range: (text) => selectRanges(text, 1000),
  "status document's place": statusMethods,
  "status line": parseStatusLine,
  "Status-URI": parseStatusUri,
  Timeout: parseTimeout,
  XML: (text) => parseXml(text),
};

const parts = [
  ..."\"'()<>[]{}=,;:/\\%&*#!?.-+ \t\r\n\u0000",
  ..."0aZé",
  "W/",
  "Not ",
  '"tag"',
  "<urn:uuid:a>",
  "(<a>)",
  "bytes=",
  "0-",
  "-1",
  "wait=1",
  "q=0.5",
  "infinity",
  "Second-",
  "99999999999999999999",
  "200 <http://a/b>",
  "1/2",
  "%2e%2e",
  "%ff",
  '<?xml version="1.0"?>',
  '<D:propfind xmlns:D="DAV:">',
  "<![CDATA[",
  "<!DOCTYPE a [",
  "&#x0;",
  "sha-256=:AAAA:",
];

test.each(Object.entries(parsers))("%s", (_name, parse) => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((chosen) => chosen.join("")),
    fc.tuple(fc.constantFrom(...parts), fc.nat({ max: 5000 })).map(([part, count]) => part.repeat(count)),
    fc.string({ unit: "binary", maxLength: 200 }),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        parse(given);
      } catch (error) {
        const isItsOwn = [DavError, DocumentError, RangeError, TypeError, SyntaxError].some(
          (kind) => error instanceof kind,
        );
        expect(isItsOwn, String(error)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
