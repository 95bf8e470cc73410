/** Which names a piece of TypeScript declares, and which it takes from elsewhere. */
import ts from "typescript";

export function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("snippet.ts", text, ts.ScriptTarget.Latest, true);
}

export interface Declared {
  /** `ambient`: only a type says that it is there. */
  readonly kind: "value" | "ambient" | "type";
  readonly isExported: boolean;
  readonly isImported: boolean;
}

/** What a module declares or imports at its top level, by name. */
export function declaredNames(source: ts.SourceFile): Map<string, Declared> {
  const names = new Map<string, Declared>();
  for (const statement of source.statements) {
    const value = (kind: "value" | "type" = "value"): Declared => ({
      kind: has(statement, ts.SyntaxKind.DeclareKeyword) && kind === "value" ? "ambient" : kind,
      isExported: has(statement, ts.SyntaxKind.ExportKeyword),
      isImported: false,
    });
    if (ts.isImportDeclaration(statement)) {
      for (const [name, kind] of importedNames(statement)) {
        names.set(name, { kind, isExported: false, isImported: true });
      }
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        for (const each of boundNames(name)) names.set(each, value());
      }
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      names.set(statement.name.text, value("type"));
    } else if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
      if (statement.name !== undefined) names.set(statement.name.text, value());
    }
  }
  return names;
}

/**
 * The names that are used as such, and not as a property's: declared at the top level or not. One that any function within declares
 * is taken for that function's own; where it is used elsewhere too, the compiler says so.
 */
export function usedNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const inner = new Set<string>();
  function visit(node: ts.Node): void {
    if (ts.isIdentifier(node) && !isPropertyName(node)) names.add(node.text);
    if (isInner(node)) for (const name of boundNames(node.name)) inner.add(name);
    ts.forEachChild(node, visit);
  }
  visit(source);
  return new Set([...names].filter((name) => !inner.has(name)));
}

function isInner(node: ts.Node): node is ts.VariableDeclaration | ts.ParameterDeclaration {
  if (ts.isParameter(node)) return true;
  return ts.isVariableDeclaration(node) && !ts.isSourceFile(node.parent.parent.parent);
}

/** The modules that are imported. */
export function importedModules(source: ts.SourceFile): string[] {
  return source.statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text);
}

/** What a module passes on from others: `export { name } from "./other"`. */
export function reexportedNames(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    return clause !== undefined && ts.isNamedExports(clause)
      ? clause.elements.map(({ name }) => name.text)
      : [];
  });
}

function importedNames({ importClause: clause }: ts.ImportDeclaration): [string, "value" | "type"][] {
  if (clause === undefined) return [];
  const kind = clause.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type" : "value";
  const { name, namedBindings } = clause;
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings))
    return [[namedBindings.name.text, kind]];
  return [
    ...(name === undefined ? [] : [[name.text, kind] as [string, typeof kind]]),
    ...(namedBindings?.elements ?? []).map(
      (each) => [each.name.text, each.isTypeOnly ? "type" : kind] as [string, typeof kind],
    ),
  ];
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}

function has(statement: ts.Statement, modifier: ts.SyntaxKind): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  return ts.getModifiers(statement)?.some(({ kind }) => kind === modifier) === true;
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent) || ts.isImportSpecifier(parent)) return parent.propertyName === node;
  if (ts.isLabeledStatement(parent)) return true;
  const isMember = ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isPropertyAssignment(parent);
  return isMember && (parent as ts.NamedDeclaration).name === node;
}
