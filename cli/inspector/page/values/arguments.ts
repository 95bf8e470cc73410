/** What is typed as a call's arguments: JSON values, one per line or with commas between them, each as long as it likes. */
import type { Json } from "./json";
import { JsonProblem, JsonScanner } from "./json-scanner";

export interface ArgumentsProblem {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Which argument it is in, from 1. */
  readonly argument: number;
  /** Where in the text. */
  readonly offset: number;
}

export type Arguments =
  | { readonly args: readonly Json[]; readonly problem?: undefined }
  | { readonly args?: undefined; readonly problem: ArgumentsProblem };

export function parseArguments(text: string): Arguments {
  const args: Json[] = [];
  const scanner = new JsonScanner(text);
  try {
    for (let value = scanner.next(); value !== undefined; value = scanner.next()) args.push(value);
    return { args };
  } catch (thrown) {
    if (!(thrown instanceof JsonProblem)) throw thrown;
    const { message, offset } = thrown;
    const lines = text.slice(0, offset).split("\n");
    const column = (lines.at(-1) ?? "").length + 1;
    return { problem: { message, line: lines.length, column, argument: args.length + 1, offset } };
  }
}
