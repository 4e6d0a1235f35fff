import { MultistatusError } from "@meanwhile/client";
import { expect, test } from "vitest";
import { refuseFailure } from "./outcome-response.ts";

const url = new URL("http://h.example/ops/1");
const ok = "<D:response><D:href>/a</D:href><D:status>HTTP/1.1 204 X</D:status></D:response>";
const failed = (content: string): string => `<D:response>${content}</D:response>`;

test.each<[string, string, string | undefined]>([
  ["all went well", ok, undefined],
  ["a member's status", ok + failed("<D:href>/b</D:href><D:status>HTTP/1.1 423 X</D:status>"), "423 /b"],
  [
    "a propstat, beside a status that is a success",
    failed(
      "<D:href>/b</D:href><D:status>HTTP/1.1 200 X</D:status><D:propstat><D:prop/><D:status>HTTP/1.1 507 X</D:status></D:propstat>",
    ),
    "507 /b",
  ],
  ["a response that names nothing", ok + failed("<D:status>HTTP/1.1 500 X</D:status>"), "500 /ops/1"],
  ["a status that cannot be read", failed("<D:href>/b</D:href><D:status>fine</D:status>"), "500 /b"],
  ["a document that breaks off", `${ok}<D:response>`, "500 /ops/1"],
])("a recorded 207: %s", async (_what, content, expected) => {
  const document = `<D:multistatus xmlns:D="DAV:">${content}</D:multistatus>`;
  const error = await refuseFailure(new Response(document, { status: 207 }), url).catch(
    (reason: unknown) => reason,
  );
  const told = error instanceof MultistatusError ? error.failed : [];
  expect(told.map(({ status, url: member }) => `${status} ${member.pathname}`).join()).toBe(expected ?? "");
});
