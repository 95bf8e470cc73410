/** A command that was given something wrong: nothing was done. */
import { DurableError, type ErrorDetails } from "../../lib/errors";

export class UsageError extends DurableError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("UsageError", message, { details });
  }
}
