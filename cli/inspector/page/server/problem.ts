/** What went wrong with a request, in the server's words; `Unreachable` when there was no answer at all. */
import type { Json } from "../values/json";

interface ProblemFields {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly name?: string;
  readonly details?: Json;
  readonly stack?: string;
  readonly status?: number;
}

export class Problem extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly details: Json | undefined;
  /** The name of a method's own error. */
  readonly errorName: string | undefined;
  /** Where the method failed, as far as the server tells. */
  readonly errorStack: string | undefined;

  constructor({ code, message, retryable = false, status, details, name, stack }: ProblemFields) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.status = status;
    this.details = details;
    this.errorName = name;
    this.errorStack = stack;
  }
}

export function unreachable(): Problem {
  return new Problem({ code: "Unreachable", message: "The app did not answer.", retryable: true });
}

/** Of whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem({
    code: "PageError",
    message: thrown instanceof Error ? thrown.message : String(thrown),
  });
}

/** Of the body of an answer: a problem body, a reply with `ok: false`, or something that is neither. */
export function problemIn(body: unknown, status: number): Problem {
  const { error } = (body ?? {}) as { readonly error?: unknown };
  const fields = (error ?? {}) as Partial<ProblemFields>;
  if (typeof fields.code === "string" && typeof fields.message === "string")
    return new Problem({ ...(fields as ProblemFields), status });
  return new Problem({
    code: status === 200 ? "UnknownAnswer" : `Http${status}`,
    message:
      "The answer is none that this page understands. Was the package updated while the page was open? Then reload it.",
    status,
  });
}
