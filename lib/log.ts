/** What this package and its actors log to; Powertools' `Logger` fits. A line has one object of fields, or none. */
export interface Logger {
  /** For whoever looks for a defect. */
  debug(message: string, ...fields: LogFields[]): void;
  /** What happened: a line for each turn. */
  info(message: string, ...fields: LogFields[]): void;
  /** What was refused, or will be tried again. */
  warn(message: string, ...fields: LogFields[]): void;
  /** What failed, and somebody has to look at. */
  error(message: string, ...fields: LogFields[]): void;
  /** False when lines of this level are not written: they are not even made then. Default: all are written. */
  isEnabled?(level: LogLevel): boolean;
}

/** What a line has beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The levels of lines, the least important first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A logger that adds `fields` to each line of another. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return {
    debug: (message, more) => logger.debug(message, { ...fields, ...more }),
    info: (message, more) => logger.info(message, { ...fields, ...more }),
    warn: (message, more) => logger.warn(message, { ...fields, ...more }),
    error: (message, more) => logger.error(message, { ...fields, ...more }),
  };
}
