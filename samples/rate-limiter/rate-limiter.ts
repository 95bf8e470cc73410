import { Actor, DurableActor, Method, ValidationError } from "durable-lambda";

/** So many tokens at most; `refill` of them come back in every `periodMs`. All are whole numbers. */
export interface Rate {
  readonly limit: number;
  readonly refill: number;
  readonly periodMs: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** After so long the same call would be allowed, if nobody else takes any; 0 when it was. */
  readonly retryAfterMs: number;
}

/**
 * A token bucket for each key. It counts what is missing from a full bucket, so a new one is full and an empty one is empty.
 *
 * It counts in parts of a token, `periodMs` of them to one: each millisecond gives back `refill` parts. All of it is whole
 * numbers, so nothing is rounded and no part of a token is lost.
 *
 * A bucket that nobody uses is full again long before it expires, so that its end changes nothing.
 */
@Actor({ expireAfter: "1h" })
export class RateLimiter extends DurableActor {
  protected missing = 0;
  protected countedAtMs = 0;

  /** For subclasses to change. Part of the code, not of the state: a new release changes it for all keys at once. */
  protected rate(): Rate {
    return { limit: 10, refill: 1, periodMs: 1_000 };
  }

  /** Takes all of them or none. */
  @Method
  take(count = 1): Taken {
    const { limit, refill, periodMs } = this.rate();
    if (!Number.isInteger(count) || count < 1 || count > limit) {
      throw new ValidationError(`Take a whole number of tokens from 1 to ${limit}, not ${count}.`, {
        count,
        limit,
      });
    }
    const nowMs = this.ctx.now.getTime();
    this.missing = this.missingAt(nowMs);
    // The clocks of two processes differ a little. Time that was counted once must not be counted again.
    this.countedAtMs = Math.max(this.countedAtMs, nowMs);
    const lacking = this.missing + count * periodMs - limit * periodMs;
    const allowed = lacking <= 0;
    if (allowed) this.missing += count * periodMs;
    return {
      allowed,
      remaining: this.remaining(this.missing),
      retryAfterMs: allowed ? 0 : Math.ceil(lacking / refill),
    };
  }

  /** The whole tokens that are there; takes none. */
  @Method({ readonly: true })
  peek(): number {
    return this.remaining(this.missingAt(this.ctx.now.getTime()));
  }

  private missingAt(nowMs: number): number {
    const { limit, refill, periodMs } = this.rate();
    const elapsedMs = Math.max(0, nowMs - this.countedAtMs);
    // Never more than a whole bucket: a release may have made the limit smaller.
    return Math.min(limit * periodMs, Math.max(0, this.missing - elapsedMs * refill));
  }

  private remaining(missing: number): number {
    const { limit, periodMs } = this.rate();
    return Math.floor((limit * periodMs - missing) / periodMs);
  }
}
