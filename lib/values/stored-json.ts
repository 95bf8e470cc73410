/** JSON that was stored beside a state, or queued: it will be written again, so what is read must be something that can be. */
import { TooDeep } from "../errors";

/** Far more than packed arguments take, which are the deepest that is stored, and far less than JSON.stringify can write. */
const MAX_STORED_DEPTH = 1_000;

/** @throws SyntaxError; TooDeep */
export function parseStored(text: string, field: string): unknown {
  const json: unknown = JSON.parse(text);
  checkDepth(json, field);
  return json;
}

/** @throws TooDeep naming the field */
export function checkDepth(json: unknown, field: string): void {
  if (!isDeeper(json, MAX_STORED_DEPTH)) return;
  throw new TooDeep(`${field} is nested more than ${MAX_STORED_DEPTH} levels deep.`, {
    path: field,
    limit: MAX_STORED_DEPTH,
  });
}

function isDeeper(json: unknown, levels: number): boolean {
  if (typeof json !== "object" || json === null) return false;
  return levels === 0 || Object.values(json).some((inner) => isDeeper(inner, levels - 1));
}
