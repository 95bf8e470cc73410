/**
 * What the comments of an example say that its lines give: `await counter.increment(5); // 5`. A comment that begins with a
 * value states a result; what follows behind a comma, a colon or a stop explains it. Any other comment is just that.
 */
import ts from "typescript";
import { parse } from "./names";

export interface StatedResult {
  /** In the text, from 0. */
  readonly line: number;
  /** What the comment says, as it stands there. */
  readonly stated: string;
}

/** What an example that runs hands each of its results to. */
export const WITNESS = "__stated";

/** The text with each expression whose result is stated handed to the witness, with its number. Lines stay where they are. */
export function witnessed(text: string): {
  readonly text: string;
  readonly results: readonly StatedResult[];
} {
  const source = parse(text);
  const lines = text.split("\n");
  const results: StatedResult[] = [];
  let changed = text;
  // From the last one on: what stands before it keeps its place.
  for (const statement of statementsOf(source).toReversed()) {
    const expression = resultOf(statement);
    if (expression === undefined) continue;
    const { line, character } = source.getLineAndCharacterOfPosition(statement.end);
    const stated = /^\s*\/\/ (.*)$/.exec(lines[line]?.slice(character) ?? "")?.[1];
    const value = stated === undefined ? undefined : leadingValue(stated);
    if (value === undefined) continue;
    const given = changed.slice(expression.getStart(), expression.end);
    changed = `${changed.slice(0, expression.getStart())}${WITNESS}(${line}, ${given})${changed.slice(expression.end)}`;
    results.unshift({ line, stated: value });
  }
  return { text: changed, results };
}

/** In their order, with those in blocks: but for functions and classes, which run when they are called, if at all. */
function statementsOf(source: ts.SourceFile): ts.Statement[] {
  const found: ts.Statement[] = [];
  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isExpressionStatement(node) || ts.isVariableStatement(node)) found.push(node);
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

/** What a statement is about: its expression, or what its only variable is set to. */
function resultOf(statement: ts.Statement): ts.Expression | undefined {
  if (ts.isExpressionStatement(statement)) return statement.expression;
  if (!ts.isVariableStatement(statement)) return undefined;
  const [declaration, another] = statement.declarationList.declarations;
  return another === undefined ? declaration?.initializer : undefined;
}

const LITERAL = /^(?:-?\d[\d_]*(?:\.\d+)?|"[^"]*"|true|false|undefined|null)(?=$|[,.;:])/;

/** The value that a comment begins with. */
export function leadingValue(comment: string): string | undefined {
  const literal = LITERAL.exec(comment)?.[0];
  if (literal !== undefined || !/^[{[]/.test(comment)) return literal;
  // To the bracket that closes the first one; no example has brackets in its texts.
  let depth = 0;
  for (const [index, character] of Array.from(comment).entries()) {
    if ("{[".includes(character)) depth++;
    if ("}]".includes(character)) depth--;
    if (depth === 0) return comment.slice(0, index + 1);
  }
  return undefined;
}

/**
 * The value that is meant, for `toEqual`. A property without a value, as in `{ callId }`, has any. Dots at the end of an object or
 * a text, as in `{ limit: "call", … }`, stand for more of it.
 */
export function meant(value: string): unknown {
  const isPart = /…["}]$/.test(value.replaceAll(" ", ""));
  const text = value.replace(/,?\s*…\s*(["}])$/, "$1");
  const whole: unknown = new Function("any", `with (any) { return (${text}); }`)(ANYTHING);
  if (!isPart) return whole;
  return typeof whole === "string"
    ? expect.stringContaining(whole)
    : expect.objectContaining(whole as object);
}

/** Has every name that could be asked for. */
const ANYTHING = new Proxy(
  {},
  { has: () => true, get: (_, name) => (name === Symbol.unscopables ? undefined : expect.anything()) },
);
