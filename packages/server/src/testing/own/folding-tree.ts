import { memberPath, nameOf, namesOf, parentOf, type ResourcePath, rootPath } from "@meanwhile/dav";
import type { Tree } from "../../store.ts";

/** Methods whose first argument is a path. */
const ofOnePath: ReadonlySet<string | symbol> = new Set([
  ...["lookup", "see", "members", "open", "draft", "createCollection", "properties", "patchProperties"],
  ...["touch", "remove", "quota"],
]);

/**
 * A tree in memory as one on a file system on which several spellings of a name lead to one resource.
 * @param inner lists its members at once
 * @param form equal for names that are one
 */
export function foldingTree(inner: Tree, form: (name: string) => string): Tree {
  async function listed(path: ResourcePath): Promise<ResourcePath> {
    let found = rootPath;
    for (const name of namesOf(path)) found = memberPath(found, await listedName(inner, found, name, form));
    return found;
  }
  async function move(...[source, destination, ...rest]: Parameters<Tree["move"]>) {
    const [from, to] = [await listed(source), await listed(destination)];
    const respelled = from === to ? memberPath(parentOf(to) ?? rootPath, nameOf(destination)) : to;
    return inner.move(from, respelled, ...rest);
  }
  return new Proxy(inner, {
    get(target, name) {
      if (name === "listed") return listed;
      if (name === "move") return move;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (name === "copy")
        return async (one: ResourcePath, other: ResourcePath, ...rest: unknown[]) =>
          method(await listed(one), await listed(other), ...rest);
      if (name === "members")
        return async function* (path: ResourcePath, options: Parameters<Tree["members"]>[1]) {
          yield* inner.members(await listed(path), options);
        };
      if (!ofOnePath.has(name)) return method;
      return async (path: ResourcePath, ...rest: unknown[]) => method(await listed(path), ...rest);
    },
  });
}

async function listedName(
  tree: Tree,
  collection: ResourcePath,
  name: string,
  form: (name: string) => string,
): Promise<string> {
  if ((await tree.lookup(collection))?.kind !== "collection") return name;
  const names: string[] = [];
  for await (const batch of tree.members(collection, { properties: false })) {
    names.push(...batch.map((member) => member.name));
  }
  return names.includes(name) ? name : (names.find((other) => form(other) === form(name)) ?? name);
}
