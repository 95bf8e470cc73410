/** How a command ends that fails: what it says, and its exit code. */
import { InvalidDefinition, MethodError } from "../../lib/errors";
import { asDurableError, errorToWire } from "../../lib/wire-error";
import { closest } from "./closest";
import { style } from "./output";
import { UsageError } from "./usage-error";

export const EXIT = {
  /** The app has answered, with an error; or what was asked for is not there. */
  failed: 1,
  /** The command was given something wrong: nothing was done. */
  usage: 2,
  /** The app cannot be reached, or cannot answer now. */
  unavailable: 3,
} as const;

/** The value was one of a kind; these errors say which there are, as `known`. */
function suggestionFor(details: Readonly<Record<string, unknown>>): string | undefined {
  const { value, known } = details;
  if (typeof value !== "string" || !Array.isArray(known)) return undefined;
  const found = closest(value, known.map(String));
  return found === undefined ? undefined : `Did you mean ${found}?`;
}

/** Says why, and returns the exit code. */
export function reportFailure(thrown: unknown, isJson: boolean): number {
  const error = asDurableError(thrown);
  if (isJson) {
    process.stderr.write(`${JSON.stringify({ error: errorToWire(error, { stack: false }) })}\n`);
  } else {
    const suggestion = suggestionFor(error.details);
    const name = error instanceof MethodError ? error.name : error.code;
    const lines = [
      `${style("red", name, process.stderr)}: ${error.message}`,
      ...(suggestion === undefined ? [] : [suggestion]),
      // Somebody's method, or a defect: the line is what helps.
      ...(error.code === "InternalError" && thrown instanceof Error ? [String(thrown.stack)] : []),
    ];
    process.stderr.write(`${lines.join("\n")}\n`);
  }
  return exitCodeOf(thrown);
}

function exitCodeOf(thrown: unknown): number {
  const error = asDurableError(thrown);
  if (error instanceof UsageError || error instanceof InvalidDefinition) return EXIT.usage;
  if (error.retryable && !(error instanceof MethodError)) return EXIT.unavailable;
  return UNREACHABLE.has(error.code) ? EXIT.unavailable : EXIT.failed;
}

const UNREACHABLE: ReadonlySet<string> = new Set(["AppNotReachable", "AwsRefused"]);
