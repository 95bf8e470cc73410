/** What this package and its actors log to; Powertools' `Logger` and pino's child loggers fit. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/**
 * A logger that writes one JSON object per line to the console, as CloudWatch reads it.
 * @param least the lowest level written; default: the variable `LOG_LEVEL`, else `"info"`
 */
export function jsonLogger(least: Level = levelFromEnvironment()): Logger {
  const write = (level: Level) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    console[level](line({ level, message, ...fields }));
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** A logger that adds `fields` to each line of another. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return {
    debug: (message, more) => logger.debug(message, { ...fields, ...more }),
    info: (message, more) => logger.info(message, { ...fields, ...more }),
    warn: (message, more) => logger.warn(message, { ...fields, ...more }),
    error: (message, more) => logger.error(message, { ...fields, ...more }),
  };
}

function levelFromEnvironment(): Level {
  const level = process.env.LOG_LEVEL?.toLowerCase();
  return LEVELS.find((known) => known === level) ?? "info";
}

/** A log that throws would take the call along: what cannot be written is left out. */
function line(entry: LogFields): string {
  try {
    return JSON.stringify(entry, replaceUnwritable);
  } catch {
    return JSON.stringify(
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, writable(value)])),
    );
  }
}

function writable(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, replaceUnwritable) ?? "null") as unknown;
  } catch {
    return "(cannot be written)";
  }
}

function replaceUnwritable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return value;
}
