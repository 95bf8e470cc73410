/** Reads from a TypeScript file what it imports, in every form there is, and which of that is left at run time. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";

export interface Import {
  /** What is written: `"../errors"`, `"node:sqlite"`. */
  readonly name: string;
  /** `type` imports leave nothing at run time; `lazy` ones are loaded by a call: `require(…)`, `import(…)`. */
  readonly kind: "value" | "type" | "lazy";
}

export interface SourceFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** The functions of `Reflect` that belong to reflect-metadata and are used here. */
  readonly metadataCalls: readonly string[];
}

export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name).split(sep).join("/"))
      .sort()
      .map((path) => parseSource(path, readFileSync(join(root, path), "utf8"))),
  );
}

export function parseSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const metadataCalls: string[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import["kind"]) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier))
      imports.push({ name: specifier.text, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnlyImport(node) ? "type" : "value");
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnlyExport(node) ? "type" : "value");
    } else if (ts.isExternalModuleReference(node)) {
      add(node.expression, "value");
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, "type");
    } else if (ts.isCallExpression(node) && isLoader(node.expression)) {
      add(node.arguments[0], "lazy");
    } else if (ts.isPropertyAccessExpression(node) && node.expression.getText() === "Reflect") {
      if (/metadata/i.test(node.name.text)) metadataCalls.push(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  const kind = path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind));
  return { path, imports, metadataCalls };
}

/** The path of the file that a relative import means; undefined for a package. */
export function resolveImport(root: string, from: string, name: string): string | undefined {
  if (!name.startsWith(".")) return undefined;
  const base = resolve(root, dirname(from), name);
  const found = [`${base}.ts`, `${base}.tsx`, join(base, "index.ts"), base].find((path) => existsSync(path));
  return relative(root, found ?? base)
    .split(sep)
    .join("/");
}

function isLoader(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return /^(module\.)?require(\.resolve)?$/.test(callee.getText());
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = importClause.namedBindings;
  if (importClause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly);
}
