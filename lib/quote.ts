/** A value from outside, fit to stand in a message: on one line, well-formed, and short whatever its length. */
export function quote(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (value === null || ["number", "boolean", "undefined"].includes(typeof value)) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The beginning of a text, at most `length` characters of it, well-formed. */
export function shorten(text: string, length = 80): string {
  return (text.length <= length ? text : `${text.slice(0, length)}…`).toWellFormed();
}
