import { lstatSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { request } from "../raw.ts";
import { snapshot } from "../tree.ts";
import { type Ground, plantLinks, prepareGround, secret } from "./ground.ts";

const lock =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const patch =
  '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="u"/></D:prop></D:set></D:propertyupdate>';

/** Links out of the folder, or to nowhere, as the last name of a path. */
const lastNames = [
  "/document-link",
  "/collection-link",
  "/collection-link/",
  "/absolute-link",
  "/inside/deep/deep-link",
  "/link-through-link",
  "/dangling-link",
  "/loop-link",
];

/** Links as an ancestor. */
const ancestors = [
  "/collection-link/secret.txt",
  "/collection-link/sub/deep.txt",
  "/inside/deep/deep-link/deep.txt",
  "/document-link/x",
  "/loop-link/x",
  "/dangling-link/x",
];

describe("symbolic links out of the folder", () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await prepareGround();
    plantLinks(ground);
  });
  afterEach(() => ground?.close());

  /** Asks about each path; no answer may show what lies outside. @returns the statuses */
  async function statuses(
    method: string,
    paths: readonly string[],
    fields: readonly string[] = [],
    content = "",
  ): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const path of paths) {
      const answer = await ground.send(request(method, path, fields, content));
      expect(answer.body).not.toContain(secret);
      found.set(path, answer.status);
    }
    return found;
  }
  const all = (paths: readonly string[], status: number) => new Map(paths.map((path) => [path, status]));

  const looking: readonly (readonly [string, readonly string[], string])[] = [
    ["GET", [], ""],
    ["HEAD", [], ""],
    ["PROPFIND", ["Depth: 1"], ""],
    ["PROPPATCH", [], patch],
    ["COPY", ["Destination: /copied"], ""],
    ["MOVE", ["Destination: /moved"], ""],
    ["DELETE", [], ""],
  ];
  test.each(looking)("%s finds nothing there: 404", async (method, fields, content) => {
    await ground.unchanged(async () => {
      const paths = [...lastNames, ...ancestors];
      expect(await statuses(method, paths, fields, content)).toEqual(all(paths, 404));
    });
  });

  const making: readonly (readonly [string, string])[] = [
    ["PUT", "intruder"],
    ["LOCK", lock],
  ];
  test.each(making)(
    "%s makes nothing through a link: 409, nor in its place: 403",
    async (method, content) => {
      await ground.unchanged(async () => {
        expect(await statuses(method, ancestors, [], content)).toEqual(all(ancestors, 409));
        const documents = lastNames.filter((path) => !path.endsWith("/"));
        expect(await statuses(method, documents, [], content)).toEqual(all(documents, 403));
      });
    },
  );

  test("MKCOL makes nothing through a link: 409, nor in its place: 403", async () => {
    await ground.unchanged(async () => {
      expect(await statuses("MKCOL", ancestors)).toEqual(all(ancestors, 409));
      expect(await statuses("MKCOL", lastNames)).toEqual(all(lastNames, 403));
    });
  });

  test.each(["COPY", "MOVE"])(
    "%s has no Destination through a link: 409, nor in its place: 403",
    async (method) => {
      await ground.unchanged(async () => {
        for (const source of ["/a.txt", "/inside/"]) {
          // A destination within the source is refused as such, so it is left out here.
          const beside = (path: string) => !path.startsWith("/inside");
          for (const destination of ancestors.filter(beside)) {
            const { status } = await ground.send(request(method, source, [`Destination: ${destination}`]));
            expect(status, `${source} to ${destination}`).toBe(409);
          }
          // A destination within the source is refused as such, so it is left out here.
          for (const destination of lastNames.filter((path) => !path.startsWith("/inside"))) {
            const { status } = await ground.send(request(method, source, [`Destination: ${destination}`]));
            expect(status, `${source} to ${destination}`).toBe(403);
          }
        }
      });
    },
  );

  test("listings do not name them", async () => {
    await ground.unchanged(async () => {
      const found = await ground.send(request("PROPFIND", "/", ["Depth: infinity"]));
      expect(found.status).toBe(207);
      expect(found.body).toContain("/inside/deep/b.txt");
      expect(found.body).not.toContain("-link");
      expect(found.body).not.toContain("secret");
      const listing = await ground.send(request("GET", "/"));
      expect(listing.body).toContain("a.txt");
      expect(listing.body).not.toMatch(/(document|collection|absolute|through|dangling|loop)-link/);
    });
  });

  test("DELETE of a collection removes the links in it and leaves what they lead to", async () => {
    const outside = snapshot(ground.outside);
    expect((await ground.send(request("DELETE", "/inside/"))).status).toBe(204);
    expect(snapshot(ground.outside)).toEqual(outside);
    expect(() => lstatSync(join(ground.folder, "inside"))).toThrow("ENOENT");
  });

  test("COPY of a collection copies nothing from outside", async () => {
    const outside = snapshot(ground.outside);
    expect((await ground.send(request("COPY", "/inside/", ["Destination: /copied/"]))).status).toBe(201);
    const copied = snapshot(join(ground.folder, "copied"));
    expect(copied.filter((line) => line.startsWith("document")).map((line) => line.split(" ")[1])).toEqual([
      "a.txt",
      "deep/b.txt",
    ]);
    expect(snapshot(ground.outside)).toEqual(outside);
  });

  test("MOVE and replacing of a collection with links leave what they lead to", async () => {
    const outside = snapshot(ground.outside);
    expect((await ground.send(request("MOVE", "/inside/", ["Destination: /moved/"]))).status).toBe(201);
    expect((await ground.send(request("MKCOL", "/other/"))).status).toBe(201);
    expect((await ground.send(request("COPY", "/other/", ["Destination: /moved/"]))).status).toBe(204);
    expect(snapshot(join(ground.folder, "moved"))).toEqual([]);
    expect(snapshot(ground.outside)).toEqual(outside);
  });
});
