/** Listings of which a 207 tells that a part of them failed (RFC 4918 §13). */
import { describe, expect, test } from "vitest";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { FolderError, type FolderSummary } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";

/** What fails, by the path that is listed: of the collection itself, or of a member. */
type Failing = Readonly<Record<string, Readonly<Record<string, number>>>>;

function scene(direction: "up" | "down", failing: Failing) {
  const local = testFolder();
  const server = fakeServer();
  server.failing = (path) => failing[path] ?? {};
  const sync = async (): Promise<FolderSummary> => {
    const { stateDirectory } = local;
    const options = { direction, delete: true, replace: true, force: true, stateDirectory } as const;
    const work = syncFolder(server.client, local.folder, "", options);
    return work.outcome.catch((error: unknown) => {
      if (error instanceof FolderError) return error.summary;
      throw error;
    });
  };
  const failed = (summary: FolderSummary): readonly string[] => summary.failed.map(({ path }) => path).sort();
  return { local, server, sync, failed };
}

describe("down, with delete: what could be told comes, and nothing here is deleted", () => {
  test.each<[string, Failing, readonly string[], readonly string[]]>([
    ["the collection itself, 503", { "": { "": 503 } }, [""], ["a", "d/", "d/b"]],
    ["a member, 403", { "": { a: 403 } }, ["a"], ["d/", "d/b"]],
    ["a member, 404", { "": { a: 404 } }, ["a"], ["d/", "d/b"]],
    ["a member that is a collection", { "": { d: 503 } }, ["d"], ["a"]],
    ["a collection below", { d: { d: 500 } }, ["d"], ["a", "d/", "d/b"]],
    ["a member below", { d: { "d/b": 423 } }, ["d/b"], ["a", "d/"]],
    ["two of them", { "": { a: 403 }, d: { "d/b": 403 } }, ["a", "d/b"], ["d/"]],
  ])("%s", async (_what, failing, failures, arrived) => {
    const { local, server, sync, failed } = scene("down", failing);
    server.put("a", "a");
    server.put("d/b", "b");
    local.write("mine", "mine");
    local.write("d/mine", "mine");
    const summary = await sync();
    expect(failed(summary)).toEqual(failures);
    expect(summary).toMatchObject({ deleted: 0, deletionsLeftOut: true });
    const kept = ["mine", "d/", "d/mine"];
    expect(Object.keys(local.contents()).sort()).toEqual([...new Set([...arrived, ...kept])].sort());
  });
});

test("what may be a collection is not deleted, and not replaced by one", async () => {
  const { local, server, sync, failed } = scene("up", {});
  server.put("theirs", "theirs");
  server.put("both", "theirs");
  server.put("same", "mine");
  server.tell = (resource) => ({ ...resource, properties: [] });
  local.write("both/a", "mine");
  local.write("same", "mine too");
  const summary = await sync();
  expect(failed(summary)).toEqual(["both", "theirs"]);
  expect(summary).toMatchObject({ deleted: 0, transferred: 1 });
  expect(server.resources.get("theirs")?.content.toString()).toBe("theirs");
});

describe("up, with delete: what may be there is neither replaced nor deleted", () => {
  test.each<[string, Failing, readonly string[], readonly string[]]>([
    ["the collection itself, 503", { "": { "": 503 } }, ["", "new"], ["a"]],
    ["a member, 403", { "": { a: 403 } }, ["a"], ["new"]],
    ["a member that is only there", { "": { theirs: 403 } }, ["theirs"], ["a", "new"]],
    ["a collection below, that is only there", { "their-d": { "their-d": 503 } }, ["their-d"], ["a", "new"]],
  ])("%s", async (_what, failing, failures, sent) => {
    const { local, server, sync, failed } = scene("up", failing);
    server.put("a", "old content");
    server.put("theirs", "theirs");
    server.put("their-d/c", "theirs");
    const before = new Map(server.resources);
    local.write("a", "new");
    local.write("new", "new");
    const summary = await sync();
    expect(failed(summary)).toEqual(failures);
    expect(summary).toMatchObject({ deleted: 0, deletionsLeftOut: true });
    expect(server.calls.filter(({ method }) => method === "put").map(({ path }) => path)).toEqual(sent);
    for (const [path, stored] of before)
      if (!sent.includes(path)) expect(server.resources.get(path)).toBe(stored);
  });
});
