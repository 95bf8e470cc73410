/** Takes away the heads of actors that have expired, as DynamoDB's TTL does. */
import type { StatementSync } from "node:sqlite";
import type { Clock } from "../clock";
import type { Release } from "../store";
import type { LocalDatabase } from "./database";

/** In passing, so a bounded number. What somebody works on stays. */
const DROP_EXPIRED = `
  DELETE FROM head WHERE key IN
    (SELECT key FROM head WHERE expires_at_ms <= $nowMs AND (lease_id IS NULL OR lease_until_ms <= $nowMs)
     ORDER BY expires_at_ms LIMIT 100)`;

export class SqliteExpiry {
  private readonly dropExpired: StatementSync;

  /** @param database with the table of heads */
  constructor(
    database: LocalDatabase,
    private readonly clock: Clock,
  ) {
    this.dropExpired = database.prepare(DROP_EXPIRED);
  }

  /** After a write, in its transaction: where a head expires, others may have. */
  dropAfter(write: Release): void {
    if (saysOfExpiry(write)) this.dropExpired.run({ nowMs: this.clock.now() });
  }
}

/** True when there is something to do after a write. */
export function saysOfExpiry({ usedAtMs, expiresAtMs }: Release): boolean {
  return usedAtMs !== undefined || expiresAtMs !== undefined;
}
