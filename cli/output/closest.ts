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
  // Two letters that are swapped are two changes.
  const most = found.length < 4 ? 1 : Math.ceil(found.length * 0.4);
  const isAlmost = distance(lower, found) <= most;
  return isAlmost ? known.find((name) => name.toLowerCase() === found) : undefined;
}
