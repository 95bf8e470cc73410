import { Actor } from "durable-lambda";
import { type Rate, RateLimiter } from "./rate-limiter";

/** Three attempts at once, and another one every 1.5 seconds. */
@Actor({ expireAfter: "1h" })
export class LoginLimiter extends RateLimiter {
  protected override rate(): Rate {
    return { limit: 3, refill: 1, periodMs: 1_500 };
  }
}
