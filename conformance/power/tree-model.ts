/** What a folder must hold, by path: a model that is changed as the requests say. */
export interface Node {
  /** The content of a document; undefined: a collection. */
  readonly content: string | undefined;
  /** The value of its dead property. */
  readonly mark: string | undefined;
}

export type TreeModel = ReadonlyMap<string, Node>;

const isWithin = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`);

export function without(model: TreeModel, root: string): TreeModel {
  return new Map([...model].filter(([path]) => !isWithin(path, root)));
}

export function withNode(model: TreeModel, path: string, node: Node): TreeModel {
  return new Map([...model, [path, node]]);
}

/** The destination becomes what the source is. */
export function copied(model: TreeModel, source: string, destination: string): TreeModel {
  const copies = [...model]
    .filter(([path]) => isWithin(path, source))
    .map(([path, node]): [string, Node] => [destination + path.slice(source.length), node]);
  return new Map([...without(model, destination), ...copies]);
}

/** A line for each resource, to be compared. */
export function describeTree(model: TreeModel): readonly string[] {
  return [...model]
    .map(([path, { content, mark }]) => `${path} ${content ?? "/"} ${mark ?? ""}`.trimEnd())
    .sort();
}

/** A content that tells whether it is whole: its own name, again and again. */
export function contentNamed(name: string, bytes: number): string {
  return `${`${name}:${bytes};`.repeat(Math.ceil(bytes / (name.length + 2)))}`
    .slice(0, bytes)
    .padEnd(bytes, "=");
}

/** The name of a content that is whole; "torn" for any other. */
export function nameOfContent(content: string): string {
  if (content === "") return "empty";
  const [, name = "", bytes = ""] = /^([^:]+):(\d+);/.exec(content) ?? [];
  return contentNamed(name, Number(bytes)) === content ? name : "torn";
}
