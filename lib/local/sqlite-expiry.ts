/**
 * The moments of heads that expire, for the store: written by a statement of their own, so that the others do not pay for the
 * index.
 */
import type { StatementSync } from "node:sqlite";
import type { Clock } from "../clock";
import type { Release } from "../store";
import type { LocalDatabase } from "./database";

const WRITE = `
  UPDATE head SET
    used_at_ms = iif($movesUse, $usedAtMs, used_at_ms),
    expires_at_ms = iif($movesExpiry, $expiresAtMs, expires_at_ms)
  WHERE key = $key`;

/** In passing, so a bounded number. What somebody works on stays. */
const DROP_EXPIRED = `
  DELETE FROM head WHERE key IN
    (SELECT key FROM head WHERE expires_at_ms <= $nowMs AND (lease_id IS NULL OR lease_until_ms <= $nowMs)
     ORDER BY expires_at_ms LIMIT 100)`;

export class SqliteExpiry {
  private readonly statements: Record<"write" | "dropExpired", StatementSync>;

  /** @param database with the table of heads */
  constructor(
    database: LocalDatabase,
    private readonly clock: Clock,
  ) {
    this.statements = { write: database.prepare(WRITE), dropExpired: database.prepare(DROP_EXPIRED) };
  }

  /** Writes what a commit or a release says of them, in its transaction. */
  write(key: string, release: Release): void {
    if (!saysOfExpiry(release)) return;
    const { usedAtMs, expiresAtMs } = release;
    this.statements.write.run({
      key,
      movesUse: usedAtMs === undefined ? 0 : 1,
      usedAtMs: usedAtMs ?? null,
      movesExpiry: expiresAtMs === undefined ? 0 : 1,
      expiresAtMs: expiresAtMs ?? null,
    });
    // Where a head expires, others may have.
    this.statements.dropExpired.run({ nowMs: this.clock.now() });
  }
}

/** True when {@link SqliteExpiry.write} has something to write. */
export function saysOfExpiry({ usedAtMs, expiresAtMs }: Release): boolean {
  return usedAtMs !== undefined || expiresAtMs !== undefined;
}
