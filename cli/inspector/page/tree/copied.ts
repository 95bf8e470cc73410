/** What is copied of a line: a text as it is, and anything else as the JSON that it is stored as. */
import { isBranch } from "../values/packed";
import type { ValueRow } from "./rows";

export function copiedText({ value, shown }: Pick<ValueRow, "value" | "shown">): string {
  if (!isBranch(shown) && shown.kind === "string") return shown.text;
  return JSON.stringify(value, null, 2);
}
