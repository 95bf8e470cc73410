/** A log, an object for metrics or a tracing SDK that throws must not take a call along. */

/** What `work` returns; undefined when it throws, which becomes a warning of the process. */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    process.emitWarning(`durable-lambda: log, metrics or tracing failed: ${String(thrown)}`);
    return undefined;
  }
}
