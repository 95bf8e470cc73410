/** What somebody may have meant. */
import { closest as closestOf, distance } from "fastest-levenshtein";

/** The one that is written almost like `given`; undefined when none is. */
export function closest(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = given.toLowerCase();
  const found = closestOf(
    lower,
    known.map((name) => name.toLowerCase()),
  );
  const isAlmost = distance(lower, found) <= Math.max(1, Math.floor(found.length * 0.4));
  return isAlmost ? known.find((name) => name.toLowerCase() === found) : undefined;
}
