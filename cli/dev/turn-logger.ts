/** The log of an app in development: its turns go to the development server, all else to people, or to the app's own logger. */
import { inspect } from "node:util";
import type { LogFields, Logger, LogLevel } from "../../lib/log";
import type { Turn } from "../inspector/api";

type Report = (turn: Omit<Turn, "position">) => void;

/** @param own the logger that the app gave to its router */
export function turnLogger(report: Report, own: Logger | undefined): Logger {
  const out = own ?? consoleLogger;
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (isTurn(fields)) {
        report(turnOf(fields));
        // An app with a log of its own sees there what it would see on AWS.
        if (own === undefined) return;
      }
      out[level](message, fields);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

const consoleLogger: Logger = {
  debug() {},
  info: (message, fields) => console.log(lineOf(message, fields)),
  warn: (message, fields) => console.warn(lineOf(message, fields)),
  error: (message, fields) => console.error(lineOf(message, fields)),
};

function lineOf(message: string, { actor, actorId, method, reason, ...fields }: LogFields = {}): string {
  const about = actor === undefined ? [] : [`${actor}/${actorId} ${method ?? ""}`.trim()];
  const why = reason === undefined ? [] : [String(reason)];
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${inspect(value, { breakLength: Number.POSITIVE_INFINITY })}`,
  );
  return [[message, ...about, ...why].join(": "), ...shown].join(" ");
}

/** The fields of a turn's line, see `runtime/telemetry/turn-report.ts`. */
type TurnFields = Omit<Turn, "position" | "atMs" | "message" | "stack">;

function isTurn(fields: LogFields): fields is LogFields & TurnFields {
  return (
    typeof fields.outcome === "string" &&
    typeof fields.callId === "string" &&
    typeof fields.waitedMs === "number"
  );
}

const COPIED = [
  ...["actor", "actorId", "method", "kind", "callId", "outcome", "version", "attempts"],
  ...["reminder", "code", "waitedMs", "loadedMs", "ranMs", "committedMs"],
] as const;

function turnOf(fields: LogFields & TurnFields): Omit<Turn, "position"> {
  const copied = COPIED.filter((name) => name in fields).map((name) => [name, fields[name]] as const);
  return {
    atMs: Date.now(),
    ...(Object.fromEntries(copied) as unknown as TurnFields),
    ...errorOf(fields),
  };
}

function errorOf({ error, reason }: LogFields): Pick<Turn, "message" | "stack"> {
  if (error instanceof Error) {
    return { message: `${error.name}: ${error.message}`, stack: String(error.stack) };
  }
  return typeof reason === "string" ? { message: reason } : {};
}
