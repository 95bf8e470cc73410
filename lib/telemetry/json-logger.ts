/**
 * The log of whoever gives none: Powertools' `Logger`, one JSON object per line. It is loaded with the first line that is
 * written, and not at all where none is.
 */
import type { LogFields, Logger, LogLevel } from "../log";
import { serviceName } from "./service-name";

/** As Powertools ranks them; `FATAL` is what Lambda calls its `CRITICAL`. */
const RANKS = { TRACE: 6, DEBUG: 8, INFO: 12, WARN: 16, ERROR: 20, CRITICAL: 24, SILENT: 28 } as const;

type LevelName = keyof typeof RANKS;
type Powertools = InstanceType<typeof import("@aws-lambda-powertools/logger").Logger>;

/**
 * A logger that writes one JSON object per line, as CloudWatch reads it.
 * @param least the lowest level written; default: the variable `POWERTOOLS_LOG_LEVEL`, else `LOG_LEVEL`. The level that a
 *   function's own configuration sets comes before all of them
 * @param otherwise the lowest level where nothing else says; default `"info"`
 */
export function jsonLogger(least?: LogLevel, otherwise: LogLevel = "info"): Logger {
  const logLevel = levelOf(least, otherwise);
  let powertools: Powertools | undefined;
  const load = (): Powertools => {
    if (powertools !== undefined) return powertools;
    const { Logger } =
      require("@aws-lambda-powertools/logger") as typeof import("@aws-lambda-powertools/logger");
    powertools = new Logger({ logLevel, serviceName: serviceName() });
    return powertools;
  };
  // A process that is drawn for the sample logs more than its level says: only Powertools knows.
  const isSampled = Boolean(process.env.POWERTOOLS_LOGGER_SAMPLE_RATE);
  const leastRank = (): number => (isSampled ? load() : powertools)?.level ?? RANKS[logLevel];
  const isEnabled = (level: LogLevel): boolean => RANKS[level.toUpperCase() as LevelName] >= leastRank();
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (!isEnabled(level)) return;
      try {
        load()[level](message, fields as Record<string, never>);
      } catch {
        // A log that throws would take the call along: what cannot be written is left out.
        load()[level](message, readable(fields));
      }
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    isEnabled,
  };
}

/** The first that names a level. Given to Powertools, which takes variables in capitals alone. */
function levelOf(least: LogLevel | undefined, otherwise: LogLevel): LevelName {
  const { AWS_LAMBDA_LOG_LEVEL, POWERTOOLS_LOG_LEVEL, LOG_LEVEL } = process.env;
  for (const asked of [AWS_LAMBDA_LOG_LEVEL, least, POWERTOOLS_LOG_LEVEL, LOG_LEVEL]) {
    const name = asked?.toUpperCase().replace(/^FATAL$/, "CRITICAL");
    if (name !== undefined && Object.hasOwn(RANKS, name)) return name as LevelName;
  }
  return otherwise.toUpperCase() as LevelName;
}

/** Objects whose properties throw when they are read. */
function readable(fields: LogFields): Record<string, never> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "object" || typeof value === "function" ? "(cannot be written)" : value,
    ]),
  ) as Record<string, never>;
}
