/** Small words for the cases of the tree contract. */
import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { clarkName, type DeadProperty, memberPath, type ResourcePath, rootPath } from "@meanwhile/dav";
import { type Committed, type Member, type Tree, TreeError, type TreeErrorCode } from "../../store.ts";
import type { TestWork } from "../test-work.ts";

/** The path with these names, as they stand, between slashes. */
export function at(path: string): ResourcePath {
  return path
    .split("/")
    .filter((name) => name !== "")
    .reduce<ResourcePath>(memberPath, rootPath);
}

/** Writes a document. */
export async function put(
  tree: Tree,
  path: ResourcePath,
  content: string | Uint8Array,
  modifiedMs?: number,
): Promise<Committed> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const draft = await tree.draft(path, { length: bytes.byteLength });
  await draft.write(bytes);
  return draft.commit({ modifiedMs });
}

/**
 * Makes what each line says: a path that ends in a slash is a collection, another a document whose content is its
 * path. Each gets a dead property that says its path.
 */
export async function plant(tree: Tree, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (path.endsWith("/")) await tree.createCollection(at(path), [property("planted", path)]);
    else {
      await put(tree, at(path), path);
      await tree.patchProperties(at(path), [{ action: "set", property: property("planted", path) }]);
    }
  }
}

/** The content of a document, as text. */
export async function contentOf(tree: Tree, path: ResourcePath): Promise<string> {
  return (await contentBytes(tree, path)).toString();
}

export async function contentBytes(tree: Tree, path: ResourcePath): Promise<Buffer> {
  const document = await tree.open(path);
  try {
    return await buffer(document.stream({ start: 0, end: document.resource.length }));
  } finally {
    document.close();
  }
}

/** The entity tag of a document. */
export async function etagOf(tree: Tree, path: ResourcePath): Promise<string> {
  const resource = await tree.lookup(path);
  assert(resource?.kind === "document", `no document at ${path}`);
  return resource.etag;
}

export function property(local: string, value: string, namespace = "urn:example"): DeadProperty {
  return { name: { namespace, local }, xml: `<${local} xmlns="${namespace}">${value}</${local}>` };
}

/** Dead properties in an order of their own, to be compared. */
export function sorted(properties: readonly DeadProperty[]): readonly DeadProperty[] {
  return properties.toSorted((a, b) => (clarkName(a.name) < clarkName(b.name) ? -1 : 1));
}

/** All members of a collection, by name. */
export async function membersOf(
  tree: Tree,
  path: ResourcePath,
  properties = false,
): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  for await (const batch of tree.members(path, { properties })) {
    for (const member of batch) {
      assert(!members.has(member.name), `listed twice: ${JSON.stringify(member.name)}`);
      members.set(member.name, member);
    }
  }
  return members;
}

/** All that is at a path and below, in a form to be compared: kinds, contents, dead properties. */
export async function snapshot(tree: Tree, top: ResourcePath): Promise<Readonly<Record<string, string>>> {
  const lines: [string, string][] = [];
  const open = [{ path: top, below: "." }];
  for (const { path, below } of open) {
    const resource = await tree.lookup(path);
    if (resource === undefined) continue;
    const properties = sorted(await tree.properties(path)).map(({ xml }) => xml);
    const content = resource.kind === "document" ? await contentOf(tree, path) : "collection";
    lines.push([below, [content, ...properties].join(" ")]);
    if (resource.kind === "document") continue;
    for (const name of (await membersOf(tree, path)).keys()) {
      open.push({ path: memberPath(path, name), below: `${below}/${name}` });
    }
  }
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Fails unless the promise fails with a {@link TreeError} of one of these codes. */
export async function refused(act: () => unknown, ...codes: readonly TreeErrorCode[]): Promise<void> {
  let ended: unknown;
  try {
    ended = await act();
  } catch (error) {
    assert(error instanceof TreeError, `failed with something else than a TreeError: ${String(error)}`);
    if (codes.length > 0) assert(codes.includes(error.code), `${error.code}, not ${codes.join(" or ")}`);
    return;
  }
  assert.fail(`did not fail with ${codes.join(" or ")}, but gave ${JSON.stringify(ended)}`);
}

/** Fails if the work was told what cannot be, or if members that were found were never dealt with. */
export function assertComplete(work: TestWork): void {
  assertSound(work);
  assert.equal(work.countedTimes, 1, "told once that all members are counted");
  assert.equal(work.donePaths.length + work.failures.size, work.foundMembers, "each member done or failed");
}

/** Fails if the work was told what cannot be. */
export function assertSound(work: TestWork): void {
  assert.deepEqual(work.violations, []);
}
