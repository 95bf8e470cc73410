/** What the placeholders in a request's expressions stand for. */
import { attributesOf, type Item, invalid } from "./dynamo-values";
import type { Expression, Scope } from "./expressions";

const NONE: Readonly<Record<string, never>> = {};

/** @throws ValidationException when an expression uses one that is not given, or one is given that none uses */
export function placeholdersOf(
  input: Readonly<Record<string, unknown>>,
  expressions: readonly Expression[],
): Pick<Scope, "names" | "values"> {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  const given = {
    names: names as Record<string, string> | undefined,
    values: values === undefined ? undefined : attributesOf(values as Record<string, unknown>),
  };
  check("ExpressionAttributeNames", "name", given.names, expressions, ({ aliases }) => aliases);
  check("ExpressionAttributeValues", "value", given.values, expressions, ({ placeholders }) => placeholders);
  const { names: known = NONE, values: exact = NONE } = given;
  for (const { demands } of expressions) for (const demand of demands) demand(exact);
  return { names: known, values: exact };
}

function check(
  field: string,
  noun: string,
  given: Item | undefined,
  expressions: readonly Expression[],
  usedBy: (expression: Expression) => ReadonlySet<string>,
): void {
  for (const expression of expressions) {
    for (const used of usedBy(expression)) {
      if (given?.[used] === undefined) {
        throw invalid(`An expression attribute ${noun} used in an expression is not defined: ${used}`);
      }
    }
  }
  if (given === undefined) return;
  if (expressions.length === 0) throw invalid(`${field} can only be specified when using expressions`);
  let isEmpty = true;
  for (const placeholder in given) {
    isEmpty = false;
    if (!expressions.some((expression) => usedBy(expression).has(placeholder))) {
      throw invalid(`Value provided in ${field} unused in expressions: keys: {${placeholder}}`);
    }
  }
  if (isEmpty) throw invalid(`${field} must not be empty`);
}
