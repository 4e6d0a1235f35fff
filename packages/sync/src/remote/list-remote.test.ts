import { expect, test } from "vitest";
import { clientOf, multistatusAnswer, scriptedServer } from "../../../client/src/testing/scripted-server.ts";
import { listRemote } from "./list-remote.ts";

const line = "<D:status>HTTP/1.1 507 X</D:status>";

test.each<[string, string]>([
  [line, "507"],
  [`${line}<D:responsedescription>the disk is full</D:responsedescription>`, "507: the disk is full"],
  ["", "the server told nothing of it"],
])("a member of which %j is told is listed with the reason (RFC 4918 §14.24)", async (content, why) => {
  const collection = `<D:response><D:href>/dav/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>
    </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
  const member = `<D:response><D:href>/dav/a</D:href>${content}</D:response>`;
  const client = clientOf(scriptedServer(multistatusAnswer(collection, member)));
  const found = [];
  for await (const each of listRemote(client, client.base, { platform: "linux" })) found.push(each);
  const message = `the server does not tell what it is (${why})`;
  expect(found).toMatchObject([{ kind: "other", name: "a", problem: { message } }]);
});
