/** How long callers wait for a call, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** As long as a Lambda function may run. */
export const MAX_TIMEOUT_MS = 900_000;
