/** Smaller texts that may still do what a hostile one does: without a part, or with a simpler one. */
import { type Span, spansOf } from "./json-spans";

const SIMPLE = ["0", '""', "[]", "{}"];

/** Shorter ones only, the shortest first, so that shrinking ends. @param isJson whether they must be JSON as well */
export function* smallerTexts(text: string, isJson: boolean): Generator<string> {
  if (isJsonText(text)) yield* withoutParts(text);
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < text.length; start += size) {
      const rest = text.slice(0, start) + text.slice(start + size);
      if (!isJson || isJsonText(rest)) yield rest;
    }
    // Most of what is cut out of JSON leaves none; the parts have been tried.
    if (isJson && text.length / size > 256) return;
  }
}

function* withoutParts(text: string): Generator<string> {
  const { values, items } = spansOf(text);
  const longestFirst = (one: Span, other: Span) => other.end - other.start - (one.end - one.start);
  for (const { start, end } of values.toSorted(longestFirst)) {
    if (end - start < text.length) yield text.slice(start, end);
  }
  for (const { cutStart, cutEnd } of items.toSorted(longestFirst)) {
    yield text.slice(0, cutStart) + text.slice(cutEnd);
  }
  for (const { start, end } of values.toSorted(longestFirst)) {
    for (const simple of SIMPLE) {
      if (simple.length < end - start) yield text.slice(0, start) + simple + text.slice(end);
    }
    if (text[start] === '"' && end - start > 4) {
      const middle = start + Math.floor((end - start) / 2);
      yield `${text.slice(0, middle)}"${text.slice(end)}`;
    }
  }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
