/**
 * A strict reader of HTML: every tag is closed, every attribute quoted, no `<` or `&` stands for itself outside of
 * script and style. What it takes, all browsers read alike.
 */
export interface HtmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (HtmlElement | string)[];
}

const empty: ReadonlySet<string> = new Set(["meta", "br", "link", "img", "input"]);
const raw: ReadonlySet<string> = new Set(["script", "style"]);

/** @throws {Error} for what is not strictly written */
export function parseHtml(page: string): HtmlElement {
  const start = "<!DOCTYPE html>\n";
  if (!page.startsWith(start)) throw new Error("no doctype");
  let at = start.length;
  const root = element();
  if (page.slice(at).trim() !== "") throw new Error("something stands after the end");
  return root;

  function element(): HtmlElement {
    const open = /^<([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<]*")?)*)>/.exec(page.slice(at));
    if (!open) throw new Error(`no tag at ${JSON.stringify(page.slice(at, at + 60))}`);
    const [tag, name = "", rest = ""] = open;
    at += tag.length;
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of rest.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)) {
      if (attributes.has(key)) throw new Error(`${name} has ${key} twice`);
      attributes.set(key, text(value));
    }
    const children: (HtmlElement | string)[] = [];
    if (empty.has(name)) return { name, attributes, children };
    if (raw.has(name)) {
      const end = page.indexOf(`</${name}`, at);
      children.push(page.slice(at, end));
      at = end;
    }
    while (!page.startsWith("</", at)) {
      if (page[at] === "<") children.push(element());
      else {
        const end = page.indexOf("<", at);
        if (end === -1) throw new Error(`${name} has no end`);
        children.push(text(page.slice(at, end)));
        at = end;
      }
    }
    const close = `</${name}>`;
    if (!page.startsWith(close, at)) {
      throw new Error(`${name} ends with ${JSON.stringify(page.slice(at, at + 20))}`);
    }
    at += close.length;
    return { name, attributes, children };
  }
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function text(written: string): string {
  return written.replace(/&([^;]*;)?/g, (reference, name: string | undefined) => {
    const character = entities[(name ?? "").slice(0, -1)];
    if (character === undefined) throw new Error(`${reference} is no reference`);
    return character;
  });
}

/** All elements, in the order in which they begin. */
export function elementsOf(root: HtmlElement): readonly HtmlElement[] {
  return [root, ...root.children.flatMap((child) => (typeof child === "string" ? [] : elementsOf(child)))];
}

export function textOf(element: HtmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

/** The element with this id, of which there is one. */
export function byId(root: HtmlElement, id: string): HtmlElement {
  const found = elementsOf(root).filter(({ attributes }) => attributes.get("id") === id);
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} elements have the id ${id}`);
  return only;
}
