/** A method's arguments, as they are written in a shell. */
import { UnexpectedEvent } from "../../lib/errors";
import { type Json, unpack } from "../../lib/values/codec";

/**
 * JSON is what it says; anything else is a text: `5` is a number, `five` and `'"5"'` are texts, `'{"by":5}'` is an object. Values
 * that JSON does not have are written as they are stored: `'{"$date":"2026-11-30T12:00:00.000Z"}'`.
 *
 * @throws CorruptState for something that only looks like such a value
 */
function argumentOf(text: string): unknown {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  return unpack(json, "args");
}

/** @throws UnexpectedEvent */
export function argumentsOf(texts: readonly string[]): unknown[] {
  return texts.map((text, index) => {
    try {
      return argumentOf(text);
    } catch (thrown) {
      throw new UnexpectedEvent(`Argument ${index + 1}: ${(thrown as Error).message}`, {
        field: "args",
        value: text,
      });
    }
  });
}
