/** Stopping in good order when the process is told to stop. */

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * On SIGTERM or SIGINT: closes, then lets the signal have its usual effect unless the application listens for it
 * itself. The returned function stops listening.
 */
export function closeOnSignals(close: () => Promise<void>): () => void {
  const listen = (signal: NodeJS.Signals) => {
    stopListening();
    void close().finally(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  const stopListening = () => {
    for (const signal of SIGNALS) process.off(signal, listen);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return stopListening;
}
