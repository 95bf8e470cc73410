/** Texts that hold JSON: results in an inbox, bodies of messages, details of events. */
import type { Json } from "./json";

/** What the text holds; undefined when it is no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** What the text holds, or else the text; a result that is not there is undefined. */
export function parsedOr(text: string | undefined): Json {
  if (text === undefined) return { $undefined: true };
  const value = parsed(text);
  return value === undefined ? text : value;
}
