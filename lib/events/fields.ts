/** The fields of an event, and whether it has some with the values that a pattern asks for. */
import { MAX_DEPTH } from "../values/json";
import { isObject, type Matcher, matchesMissing, matchesValue } from "./matcher";

/** A field's path, with dots, and its conditions. */
export type Field = readonly [path: string, matchers: readonly Matcher[]];

/** The element that has been chosen of an array through which later fields run as well, and those chosen before it. */
interface Choice {
  readonly array: readonly unknown[];
  readonly path: string;
  readonly index: number;
  readonly before: Choice | undefined;
}

/**
 * More than an event of 256 KB has elements. Only one that has the same fields by dots and by nesting, in arrays, could come
 * beyond, and does not match.
 */
const MAX_CHOICES = 100_000;

/** Field by field, in the order of EventBridge: it decides which elements a field that has to be missing is missing from. */
export function hasAll(fields: readonly Field[], event: object): boolean {
  const ordered = fields.toSorted(([left], [right]) => (left < right ? -1 : 1));
  let choices: ReadonlySet<Choice | undefined> = new Set([undefined]);
  for (const [index, field] of ordered.entries()) {
    const later = ordered.slice(index + 1);
    const runsOn = (path: string) => later.some(([other]) => other.startsWith(`${path}.`));
    const next = new Set<Choice | undefined>();
    for (const choice of choices) {
      for (let chosen of choicesFor(field, event, choice, runsOn)) {
        while (chosen !== undefined && !runsOn(chosen.path)) chosen = chosen.before;
        next.add(chosen);
        if (next.size > MAX_CHOICES) return false;
      }
    }
    choices = next;
  }
  return choices.size > 0;
}

/**
 * The choices with which a field matches and that agree with an earlier one. Values that are too deep to be given to an actor's
 * method are not found.
 */
function choicesFor(
  [path, matchers]: Field,
  event: object,
  earlier: Choice | undefined,
  runsOn: (path: string) => boolean,
): (Choice | undefined)[] {
  const nameEnds = [...path.matchAll(/\.|$/g)].map(({ index }) => index);
  const found: (Choice | undefined)[] = [];
  let isMissing = true;

  /** @param start where the part of the path that is still to be followed begins */
  function visit(node: unknown, start: number, choice: Choice | undefined, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (Array.isArray(node)) visitElements(node, start, choice, depth);
    else if (isObject(node)) visitMembers(node, start, choice, depth);
    else test([node], start, choice);
  }

  function visitMembers(object: object, start: number, choice: Choice | undefined, depth: number): void {
    for (const end of nameEnds) {
      const name = path.slice(start, end);
      if (end <= start || !Object.hasOwn(object, name)) continue;
      visit((object as Record<string, unknown>)[name], end + 1, choice, depth + 1);
    }
  }

  function visitElements(
    array: readonly unknown[],
    start: number,
    choice: Choice | undefined,
    depth: number,
  ): void {
    test(array, start, choice);
    const pathSoFar = path.slice(0, start - 1);
    const chosen = indexIn(array, choice);
    const mustChoose = chosen === undefined && runsOn(pathSoFar);
    for (const index of chosen === undefined ? array.keys() : [chosen]) {
      if (typeof array[index] !== "object") continue;
      const next = mustChoose ? { array, path: pathSoFar, index, before: choice } : choice;
      visit(array[index], start, next, depth + 1);
    }
  }

  function test(values: readonly unknown[], start: number, choice: Choice | undefined): void {
    const leaves = start > path.length ? values.filter(isLeaf) : [];
    if (leaves.length > 0) isMissing = false;
    if (leaves.some((leaf) => matchers.some((matcher) => matchesValue(matcher, leaf)))) found.push(choice);
  }

  visit(event, 0, earlier, 0);
  if (isMissing && matchers.some(matchesMissing)) found.push(earlier);
  return found;
}

function indexIn(array: readonly unknown[], choice: Choice | undefined): number | undefined {
  let earlier = choice;
  while (earlier !== undefined && earlier.array !== array) earlier = earlier.before;
  return earlier?.index;
}

function isLeaf(value: unknown): boolean {
  return (
    value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean"
  );
}
