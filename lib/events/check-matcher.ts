/** Which conditions a pattern may have: those that EventBridge takes, and that mean here what they mean there. */
import { InvalidDefinition } from "../errors";
import { quote } from "../quote";
import { formatPath, type Path } from "../values/path";
import { isObject, listOf, WILDCARD_CHARACTERS } from "./matcher";

const TEXT_OPERATORS = ["prefix", "suffix", "wildcard", "equals-ignore-case"];
const OPERATORS = [...TEXT_OPERATORS, "numeric", "exists", "anything-but"];

/** @throws InvalidDefinition */
export function checkMatcher(matcher: unknown, path: Path): void {
  if (matcher === null || typeof matcher === "boolean" || Number.isFinite(matcher)) return;
  if (typeof matcher === "string") checkText(matcher, path);
  else checkOperation(...onlyEntry(matcher, path, OPERATORS, "text, a finite number, true, false, null"));
}

/** The operator of a condition, its operand, and where that is. */
function onlyEntry(
  condition: unknown,
  path: Path,
  operators: readonly string[],
  otherwise: string,
): [operator: string, operand: unknown, path: Path] {
  const entries = isObject(condition) ? Object.entries(condition) : [];
  const [[operator = "", operand] = []] = entries;
  if (entries.length === 1 && operators.includes(operator)) {
    return [operator, operand, { parent: path, key: operator }];
  }
  const found = isObject(condition) ? entries.map(([key]) => key).join(", ") : condition;
  const expected = `an object with just one of the keys ${operators.join(", ")}`;
  throw invalidPattern(path, `(${quote(found)}) is none of: ${otherwise}, ${expected}`);
}

function checkOperation(operator: string, operand: unknown, path: Path): void {
  if (operator === "exists") checkBoolean(operand, path);
  else if (operator === "numeric") checkRange(operand, path);
  else if (operator === "anything-but") checkExceptions(operand, path);
  else checkTextOperation(operator, operand, path);
}

function checkTextOperation(operator: string, operand: unknown, path: Path): void {
  if (isObject(operand) && (operator === "prefix" || operator === "suffix")) {
    checkTextOperation(...onlyEntry(operand, path, ["equals-ignore-case"], "text"));
    return;
  }
  checkText(operand, path);
  if (operator === "wildcard") checkWildcard(operand, path);
  // EventBridge takes such a character for two, and finds neither.
  if (operator === "equals-ignore-case" && /[\u{10000}-\u{10ffff}]/u.test(operand)) {
    throw invalidPattern(
      path,
      `(${quote(operand)}) has a character beyond U+FFFF, whose case cannot be ignored`,
    );
  }
}

function checkBoolean(operand: unknown, path: Path): void {
  if (typeof operand === "boolean") return;
  throw invalidPattern(path, `(${quote(operand)}) is neither true nor false`);
}

function checkText(text: unknown, path: Path): asserts text is string {
  if (typeof text !== "string") throw invalidPattern(path, `(${quote(text)}) is not text`);
  if (!text.isWellFormed()) throw invalidPattern(path, `(${quote(text)}) has a lone surrogate`);
}

function checkWildcard(wildcard: string, path: Path): void {
  const characters = wildcard.match(WILDCARD_CHARACTERS) ?? [];
  if (characters.some((character, index) => character === "*" && characters[index + 1] === "*")) {
    throw invalidPattern(path, `(${quote(wildcard)}) has two asterisks in a row`);
  }
  if (characters.some((character) => character[0] === "\\" && !/^\\[*\\]$/.test(character))) {
    throw invalidPattern(
      path,
      `(${quote(wildcard)}) has a backslash before neither an asterisk nor a backslash`,
    );
  }
}

const BELOW: readonly unknown[] = ["<", "<="];
const ABOVE: readonly unknown[] = [">", ">="];

/** How far EventBridge's numeric comparisons reach, either way. */
const MAX_NUMBER = 5e9;

function checkRange(range: unknown, path: Path): void {
  const parts = listOf(range);
  const [operator, limit, secondOperator, secondLimit = MAX_NUMBER] = parts;
  const isComparison = parts.length === 2 && [...BELOW, ...ABOVE, "="].includes(operator);
  const isRange = parts.length === 4 && ABOVE.includes(operator) && BELOW.includes(secondOperator);
  if (!isComparison && !isRange) {
    throw invalidPattern(
      path,
      'is neither a comparison such as ["<", 10] nor a range such as [">", 0, "<=", 5]',
    );
  }
  const [lower, upper] = BELOW.includes(operator) ? [-MAX_NUMBER, limit] : [limit, secondLimit];
  checkNumber(lower, path);
  checkNumber(upper, path);
  if (operator !== "=" && lower >= upper) {
    throw invalidPattern(path, `is a range from ${lower} to ${upper}: it has to begin below its end`);
  }
}

function checkNumber(number: unknown, path: Path): asserts number is number {
  const isNumber = typeof number === "number" && Number(number.toFixed(6)) === number;
  if (isNumber && Math.abs(number) <= MAX_NUMBER) return;
  throw invalidPattern(path, `(${quote(number)}) is no number from -5e9 to 5e9 with at most six decimals`);
}

function checkExceptions(exceptions: unknown, path: Path): void {
  if (isObject(exceptions)) {
    const [operator, texts, inner] = onlyEntry(
      exceptions,
      path,
      TEXT_OPERATORS,
      "text, a number, a list of either",
    );
    for (const text of nonEmptyListOf(texts, inner)) {
      checkText(text, inner);
      checkTextOperation(operator, text, inner);
      if (text === "" && (operator === "prefix" || operator === "suffix")) {
        throw invalidPattern(inner, "is empty, so that no text is left");
      }
    }
    return;
  }
  const list = nonEmptyListOf(exceptions, path);
  for (const exception of list) {
    if (typeof list[0] === "number") checkNumber(exception, path);
    else checkText(exception, path);
  }
}

function nonEmptyListOf(value: unknown, path: Path): readonly unknown[] {
  const list = listOf(value);
  if (list.length === 0) throw invalidPattern(path, "is an empty array");
  return list;
}

export function invalidPattern(path: Path, problem: string): InvalidDefinition {
  const where = formatPath(path);
  return new InvalidDefinition(`${where} ${problem}.`, { path: where });
}
