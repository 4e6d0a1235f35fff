/** What the types of public entries name can be imported by name, too, from an entry of the package that has it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const packages = readdirSync("packages").map((name) => resolve("packages", name));

test("every type that a public entry names is exported by one", () => {
  const entries = packages.flatMap((folder) => typesOf(folder));
  const program = ts.createProgram({
    rootNames: entries,
    options: {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    },
  });
  const checker = program.getTypeChecker();
  const exported = new Set<ts.Declaration>();
  for (const entry of entries) {
    for (const symbol of exportsOf(program, checker, entry))
      for (const declaration of symbol.declarations ?? []) exported.add(declaration);
  }
  const hidden = new Map<string, string>();
  for (const declaration of exported) {
    for (const named of namesIn(declaration, checker)) {
      for (const found of named.declarations ?? []) {
        if (!isOurs(found) || exported.has(found)) continue;
        hidden.set(`${short(found.getSourceFile().fileName)}: ${named.name}`, nameOf(declaration));
      }
    }
  }
  expect([...hidden].map(([name, by]) => `${name}, named by ${by}`).sort()).toEqual([]);
});

function typesOf(folder: string): readonly string[] {
  const { exports }: { exports: Record<string, string | { readonly types: string }> } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const files = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [] : [join(folder, entry.types)],
  );
  for (const file of files) if (!existsSync(file)) throw new Error(`${file} is missing: npm run build`);
  return files;
}

function exportsOf(program: ts.Program, checker: ts.TypeChecker, entry: string): readonly ts.Symbol[] {
  const file = program.getSourceFile(entry);
  const symbol = file && checker.getSymbolAtLocation(file);
  return symbol === undefined
    ? []
    : checker.getExportsOfModule(symbol).map((found) => aliased(found, checker));
}

/** The types that a declaration names outside what is private. */
function namesIn(declaration: ts.Node, checker: ts.TypeChecker): readonly ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.canHaveModifiers(node) && isPrivate(node)) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol && !(symbol.flags & ts.SymbolFlags.TypeParameter)) found.push(aliased(symbol, checker));
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

function isPrivate(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;
}

function aliased(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function isOurs(declaration: ts.Declaration): boolean {
  const { fileName } = declaration.getSourceFile();
  return packages.some((folder) => fileName.startsWith(`${folder}/`)) && !fileName.includes("/node_modules/");
}

function nameOf(declaration: ts.Declaration): string {
  const name = ts.getNameOfDeclaration(declaration)?.getText() ?? "?";
  return `${name} of ${short(declaration.getSourceFile().fileName)}`;
}

function short(fileName: string): string {
  return fileName.slice(resolve("packages").length + 1).replace("/dist/", "/");
}
