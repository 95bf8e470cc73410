/** What a name, a text and a session may be. Checked where they arrive, in the room, so that no way to it goes round. */
import { ValidationError } from "durable-lambda";

const MAX_NAME = 30;
const MAX_TEXT = 2_000;

/** Letters of any script, digits, signs and spaces: no line breaks, and nothing invisible that turns text around. */
const NAME = new RegExp(`^[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,${MAX_NAME}}$`, "u");

/** @throws ValidationError */
export function readName(given: unknown): string {
  const name = typeof given === "string" ? given.normalize("NFC").replace(/\s+/g, " ").trim() : "";
  if (NAME.test(name)) return name;
  throw new ValidationError(`A name has 1 to ${MAX_NAME} letters, digits, signs or spaces`, {
    field: "name",
  });
}

/** Names that look nearly the same are the same. */
export function sameName(one: string, other: string): boolean {
  return keyOf(one) === keyOf(other);
}

const keyOf = (name: string) => name.normalize("NFKC").toLowerCase();

/** Any text: who shows it takes care that it stays text. @throws ValidationError */
export function readText(given: unknown): string {
  const text = typeof given === "string" ? given.trim() : "";
  if (text !== "" && text.length <= MAX_TEXT) return text;
  const length = typeof given === "string" ? given.length : undefined;
  throw new ValidationError(`A message has 1 to ${MAX_TEXT} characters`, { field: "text", length });
}

/** A secret that a browser has made up, such as a UUID: too long to be guessed. @throws ValidationError */
export function readSession(given: unknown): string {
  if (typeof given === "string" && /^[\w-]{20,64}$/.test(given)) return given;
  throw new ValidationError("A session has 20 to 64 letters, digits and dashes", { field: "session" });
}
