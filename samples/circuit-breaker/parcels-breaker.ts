import { Actor } from "durable-lambda";
import { CircuitBreaker, type Settings } from "./circuit-breaker";

/** For a service that fails seldom and recovers soon. */
@Actor
export class ParcelsBreaker extends CircuitBreaker {
  protected override settings(): Settings {
    return { ...super.settings(), failures: 3, coolDownMs: 1_000, successes: 2 };
  }
}
